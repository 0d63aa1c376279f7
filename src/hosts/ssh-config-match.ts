import { Unreachable } from './session.js';
import type { Directive } from './ssh-config-file.js';
import { matchesAny } from './ssh-pattern.js';

/** What the criteria of a Match line are held against. */
export interface MatchSubject {
  /** HostName when one is set by now, else the name asked for. */
  host(): string;
  original: string;
  user(): string;
  localUser: string;
  /** Whether this is the second reading that `Match final` asks for. */
  final: boolean;
  askFinal(): void;
  /** Whether a command of `Match exec` succeeds. */
  run(command: string): boolean;
}

/** Whether a Match line holds: all, final, canonical, host, originalhost, user, localuser, exec, each with `!`. */
export function matchHolds({ words, place }: Directive, subject: MatchSubject): boolean {
  const left = words.flatMap(word => /^(!?\w+)=(.*)$/s.exec(word)?.slice(1) ?? [word]);
  if (left.length === 0) throw unclear(place, 'Match names no criterion');
  let holds = true;
  while (left.length > 0) {
    const criterion = left.shift()!;
    const name = criterion.replace(/^!/, '').toLowerCase();
    const expected = !criterion.startsWith('!');
    const value = () => {
      const word = left.shift();
      if (word === undefined) throw unclear(place, `Match ${name} needs a value`);
      return word;
    };
    const fits = (text: string) => matchesAny(value().toLowerCase().split(','), text.toLowerCase());
    switch (name) {
      case 'all':
        if (left.length > 0) throw unclear(place, 'Match all stands alone');
        holds &&= expected;
        break;
      case 'final':
        subject.askFinal();
        holds = subject.final === expected && holds;
        break;
      case 'canonical':
        holds = subject.final === expected && holds;
        break;
      case 'host':
        holds = fits(subject.host()) === expected && holds;
        break;
      case 'originalhost':
        holds = fits(subject.original) === expected && holds;
        break;
      case 'user':
        holds = matchesAny(value().split(','), subject.user()) === expected && holds;
        break;
      case 'localuser':
        holds = matchesAny(value().split(','), subject.localUser) === expected && holds;
        break;
      case 'exec': {
        const command = value();
        holds &&= subject.run(command) === expected;
        break;
      }
      default:
        throw unclear(place, `lvsctl does not understand Match ${name}`);
    }
  }
  return holds;
}

function unclear(place: string, message: string): Unreachable {
  return new Unreachable(
    `${place}: ${message}`,
    'write it with all, host, originalhost, user, localuser, exec or final, or pass another file with -F',
  );
}
