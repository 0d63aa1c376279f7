import { type Command, type Entries, type Kind, Unreadable } from './kind.js';

type VirtualService = {
  scheduler: string;
  /** As `ipvsadm -Sn` prints them: `sh-fallback,sh-port`, '' for none. */
  flags: string;
  /** Seconds, 0 for none. */
  persistence: number;
  /** Of the persistence, '' for single clients. */
  netmask: string;
  onePacket: boolean;
  /** Persistence engine: `sip`, '' for none. */
  engine: string;
};

/** An ipvs virtual service in the kernel; the key is `tcp 12.0.0.1:80` (udp, sctp), `fwm 50` or `fwm6 50`. */
export const virtualService: Kind<VirtualService> = {
  name: 'virtual-service',
  layer: 'live',
  usual: { persistence: 0 },
  probe: () => IPVS_TABLE,
  parse: output =>
    new Map(
      savedLines(output, '-A').map(words => {
        const [key, options] = serviceKey(words);
        return [key, state(options)];
      }),
    ) satisfies Entries<VirtualService>,
  steps({ key, after }) {
    const service = serviceWords(key);
    const line = `-A ${service.join(' ')} -s `;
    if (!after) return [{ run: REMOVE, args: [line, ...service] }];
    return [{ run: WRITE, args: [line, ...service, ...options(after)] }];
  },
};

const THRESHOLDS = '# thresholds';

/** Prints the whole ipvs table: `ipvsadm -Sn`, and the thresholds, which it leaves out. It would load ip_vs itself. */
export const IPVS_TABLE: Command = {
  run: `[ -e /proc/net/ip_vs ] && command -v ipvsadm >/dev/null || exit 0
$LVSCTL_SUDO ipvsadm -Sn && echo '${THRESHOLDS}' && $LVSCTL_SUDO ipvsadm -Ln --thresholds`,
};

// Which of the two it takes is looked up, so that what ipvsadm says when it fails is about the right one.
const WRITE = `line=$1
shift
if ipvsadm -Sn | grep -qF -e "$line"; then ipvsadm -E "$@"; else ipvsadm -A "$@"; fi`;

const REMOVE = `[ -e /proc/net/ip_vs ] || exit 0
line=$1
shift
! ipvsadm -Sn | grep -qF -e "$line" || ipvsadm -D "$@"`;

const LETTERS: Readonly<Record<string, string>> = { tcp: '-t', udp: '-u', sctp: '--sctp-service' };

/** The words that name the service of a key to ipvsadm, in the order in which `ipvsadm -Sn` prints them. */
export function serviceWords(key: string): string[] {
  const at = key.indexOf(' ');
  const [protocol, service] = [key.slice(0, at), key.slice(at + 1)];
  if (protocol === 'fwm') return ['-f', service];
  if (protocol === 'fwm6') return ['-f', service, '-6'];
  return [LETTERS[protocol] ?? '-t', service];
}

/** The words of each line of `ipvsadm -Sn` that begins with this word, without it. */
export function savedLines(output: string, command: '-A' | '-a'): string[][] {
  const table = output.split('\n').filter(line => line.trim() !== '');
  const end = table.indexOf(THRESHOLDS);
  if (table.length > 0 && end < 0) throw new Unreadable('ipvsadm did not print the whole table');
  const lines = table.slice(0, Math.max(end, 0)).map(line => line.trim().split(/\s+/));
  const odd = lines.find(([first]) => first !== '-A' && first !== '-a');
  if (odd) throw new Unreadable(`not a line of ipvsadm -Sn: ${odd.join(' ')}`);
  return lines.filter(([first]) => first === command).map(words => words.slice(1));
}

/** The lines that `ipvsadm -Ln --thresholds` printed. */
export function thresholdLines(output: string): string[] {
  return output
    .slice(output.indexOf(`${THRESHOLDS}\n`))
    .split('\n')
    .slice(1);
}

/** The key of the service that the words of a saved line begin with, and the words after it. */
export function serviceKey(words: readonly string[]): [key: string, rest: string[]] {
  const [letter, service, ...rest] = words;
  const protocol = Object.keys(LETTERS).find(name => LETTERS[name] === letter);
  if (protocol && service) return [`${protocol} ${service}`, rest];
  if (letter !== '-f' || !service) throw new Unreadable(`not a virtual service: ${words.join(' ')}`);
  return rest[0] === '-6' ? [`fwm6 ${service}`, rest.slice(1)] : [`fwm ${service}`, rest];
}

function state(words: readonly string[]): VirtualService {
  const found = { scheduler: '', flags: '', persistence: 0, netmask: '', onePacket: false, engine: '' };
  const left = [...words];
  while (left.length > 0) {
    const word = left.shift();
    if (word === '-o') found.onePacket = true;
    else {
      const value = left.shift();
      if (value === undefined) throw new Unreadable(`no value after ${word} in: ${words.join(' ')}`);
      if (word === '-s') found.scheduler = value;
      else if (word === '-p') found.persistence = Number(value);
      else if (word === '-M') found.netmask = value;
      else if (word === '--pe') found.engine = value;
      else if (word === '-b') found.flags = value;
      else throw new Unreadable(`unknown word ${word} in: ${words.join(' ')}`);
    }
  }
  return found;
}

function options({ scheduler, flags, persistence, netmask, onePacket, engine }: VirtualService): string[] {
  return [
    ...['-s', scheduler],
    ...(persistence > 0 ? ['-p', String(persistence)] : []),
    ...(netmask ? ['-M', netmask] : []),
    ...(engine ? ['--pe', engine] : []),
    ...(onePacket ? ['-o'] : []),
    ...(flags ? ['-b', flags] : []),
  ];
}
