import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { observe, type Wish } from '../../src/hosts/observe.js';
import { quote } from '../../src/hosts/script.js';
import type { Ended, ExecOptions, Session } from '../../src/hosts/session.js';
import { type Kind, type Resource, type State, Unreadable } from '../../src/resources/kind.js';
import type { Mark } from '../../src/systems/facts.js';
import { factsProbe } from '../../src/systems/read-facts.js';
import { wish } from '../plan/host.js';
import { printedFacts } from '../systems/recorded-facts.js';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lvsctl-observe-'));
  mkdirSync(join(root, 'bin'));
});
afterEach(() => rmSync(root, { recursive: true }));

interface Sketch {
  /** Standing in for what the facts probe finds. */
  facts?: string;
  /** Comes before and after what the host prints. */
  noise?: string;
  /** Tools of the host, by name: shell text. */
  tools?: Readonly<Record<string, string>>;
  /** What becomes of the command line; else it is really run. */
  instead?: Ended;
  /** What becomes of it once the facts were told. */
  breaks?: Ended;
}

/** A session whose command lines really run here, by `sh -c`, as sshd runs them; counts them, and keeps what was asked last. */
function here(sketch: Sketch = {}): Session & { commands: number; asked: string } {
  const { facts = printedFacts('192.168.80.10/24'), noise = '', tools = {}, instead, breaks } = sketch;
  for (const [name, text] of Object.entries(tools)) {
    writeFileSync(join(root, 'bin', name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(root, 'bin', name), 0o755);
  }
  writeFileSync(join(root, 'facts'), facts);
  const session = {
    host: 'web1',
    commands: 0,
    asked: '',
    exec(command: string, options: ExecOptions): Promise<Ended> {
      session.commands++;
      if (instead) return Promise.resolve(instead);
      const staged = (text: string) =>
        text
          .replace(quote(factsProbe.run), () => quote(`cat ${join(root, 'facts')}`))
          .replace('PATH=/usr/local/sbin', `PATH=${join(root, 'bin')}:/usr/local/sbin`);
      const input = staged(options.input ?? '');
      const more = options.more?.then(text => {
        session.asked = text;
        return staged(text);
      });
      const words = command.replace(/head -c \d+/, `head -c ${Buffer.byteLength(input)}`);
      const ran = run(words, noise, { ...options, input, more });
      return breaks ? Promise.race([ran, more!.then(() => breaks)]) : ran;
    },
    tunnel: () => Promise.reject(new Error('none')),
    fresh: () => Promise.resolve(session),
    close: () => Promise.resolve(),
  };
  return session;
}

function run(command: string, noise: string, { input = '', more, tell }: ExecOptions): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const env = { PATH: `${join(root, 'bin')}:${process.env.PATH}`, HOME: root };
    const child = spawn('sh', ['-c', command], { env, cwd: root });
    let [stdout, stderr] = [noise, noise];
    const lines = createInterface({ input: child.stdout, crlfDelay: 0 });
    for (const line of noise.split('\n')) tell?.(line);
    lines.on('line', line => tell?.(line));
    child.stdout.on('data', part => {
      stdout += part;
    });
    child.stderr.on('data', part => {
      stderr += part;
    });
    child.on('error', reject);
    child.stdin.on('error', () => {});
    child.on('close', code => resolve({ code: code ?? 255, stdout: stdout + noise, stderr }));
    child.stdin.write(input);
    if (more) more.then(text => child.stdin.end(text));
    else child.stdin.end();
  });
}

/** A kind whose probe is this text; it prints `key=value` lines. */
function kind(name: string, run: string): Kind {
  return {
    name,
    layer: 'live',
    probe: keys => ({ run, args: keys }),
    parse(output) {
      const lines = output.split('\n').filter(Boolean);
      if (lines.some(line => !line.includes('='))) throw new Unreadable(`not a pair: ${output.trim()}`);
      return new Map(
        lines.map(line => line.split('=') as [string, string]).map(([key, value]) => [key, { value }]),
      );
    },
    steps: () => [],
  };
}

const kindsOf = (...all: Kind[]) => new Map(all.map(each => [each.name, each]));
const echo = kind('echo', 'for key do echo "$key=$LVSCTL_CLUSTER"; done');
const wanted = (...things: [kind: string, key: string][]): Wish => {
  const list: Resource<State>[] = things.map(([kind, key]) => wish(kind, key, { value: '' }));
  return () => list;
};
const look = (session: Session, want: Wish = wanted(['echo', 'a']), kinds = kindsOf(echo)) =>
  observe(session, 'web', want, kinds);
const marked = (mark: Mark) =>
  printedFacts('192.168.80.10/24', [`mark ${Buffer.from(JSON.stringify(mark)).toString('base64')}`]);
const refused = (message: unknown, remedy: unknown) => ({
  observed: { host: 'web1', status: 'refused', message, remedy },
  wanted: [],
});

describe('a host that is read', () => {
  it('tells its facts, then of every kind what is wanted, by one command', async () => {
    const session = here();
    const { observed, wanted: list } = await look(
      session,
      wanted(['echo', 'a'], ['echo', 'b'], ['echo', 'a']),
    );
    expect(observed).toMatchObject({ host: 'web1', status: 'ok', facts: { release: '12' } });
    expect('entries' in observed && observed.entries.get('echo')).toEqual(
      new Map([
        ['a', { value: 'web' }],
        ['b', { value: 'web' }],
      ]),
    );
    expect(list.map(({ key }) => key)).toEqual(['a', 'b', 'a']);
    expect(session.commands).toBe(1);
  });

  it('is asked also for what our mark names, wanted or not; an unknown kind in it is passed over', async () => {
    const entry = { key: 'old', stage: 'master' as const, origin: null };
    const mark: Mark = {
      format: 1,
      cluster: 'web',
      members: {},
      entries: [
        { ...entry, kind: 'echo' },
        { ...entry, kind: 'from-the-future' },
      ],
    };
    const { observed } = await look(here({ facts: marked(mark) }));
    expect('entries' in observed && [...observed.entries.get('echo')!.keys()]).toEqual(['a', 'old']);
    expect('unreadable' in observed && observed.unreadable.size).toBe(0);
  });

  it('is asked for what keepalived said where keepalived holds something: also what leaves', async () => {
    const said = { ...kind('said', 'echo VI_1=MASTER'), evidence: true as const };
    const seen = async (entries: Mark['entries']) => {
      const mark: Mark = { format: 1, cluster: 'web', members: {}, entries };
      const session = here({ facts: marked(mark) });
      const { observed } = await look(session, () => [], kindsOf(echo, said));
      return 'entries' in observed && observed.entries.get('said');
    };
    const entry = { kind: 'echo', key: 'old', stage: 'master' as const, origin: null };
    expect(await seen([{ ...entry, heldBy: 'keepalived' }])).toEqual(
      new Map([['VI_1', { value: 'MASTER' }]]),
    );
    expect(await seen([entry])).toBeUndefined();
  });

  it('may greet as loudly as it likes', async () => {
    const { observed } = await look(here({ noise: 'Last login: today\nlvsctl-0 begin 0\n' }));
    expect(observed).toMatchObject({ status: 'ok', unreadable: new Map() });
  });

  it('is not written to: nothing stands there afterwards that did not before', async () => {
    const session = here();
    const before = readdirSync(root, { recursive: true });
    await look(session);
    expect(readdirSync(root, { recursive: true })).toEqual(before);
  });

  it('has hostile keys reach the probe as words, not as text', async () => {
    const key = `'; touch ${root}/owned; '$(touch ${root}/owned)`;
    const { observed } = await look(here(), wanted(['echo', key]));
    expect('entries' in observed && [...observed.entries.get('echo')!.keys()]).toEqual([key]);
    expect(existsSync(join(root, 'owned'))).toBe(false);
  });
});

describe('a probe that goes wrong makes its kind unreadable, and the others go on', () => {
  it.each([
    ['fails and says why', 'echo first >&2; echo "no such device" >&2; exit 2', 'no such device'],
    ['fails without a word', 'exit 9', 'its probe ended with 9'],
    ['prints what makes no sense', 'echo nonsense', 'not a pair: nonsense'],
    ['is killed', 'kill -9 $$', 'no answer within 20 s'],
    ['does not end', 'exit 124', 'no answer within 20 s'],
    ['lacks its tool', 'nosuchtool', expect.stringContaining('nosuchtool: not found')],
  ])('%s', async (_, run, why) => {
    const all = kindsOf(kind('broken', run), echo);
    const { observed } = await look(here(), wanted(['broken', 'x'], ['echo', 'a']), all);
    expect(observed).toMatchObject({ status: 'ok' });
    if (observed.status !== 'ok') return;
    expect([...observed.unreadable]).toEqual([['broken', why]]);
    expect([...observed.entries.keys()]).toEqual(['echo']);
  });

  it('also when the whole script broke off in the middle', async () => {
    const all = kindsOf(
      echo,
      kind('killer', 'kill -9 "$(cut -d" " -f4 /proc/$PPID/stat)" 0'),
      kind('after', ':'),
    );
    const { observed } = await look(here(), wanted(['echo', 'a'], ['killer', 'x'], ['after', 'x']), all);
    if (observed.status !== 'ok') throw new Error(observed.message);
    expect([...observed.entries.keys()]).toEqual(['echo']);
    expect([...observed.unreadable]).toEqual([
      ['killer', 'the reading script broke off'],
      ['after', 'the reading script broke off'],
    ]);
  });

  it('but a fault of ours in a kind is not hidden', async () => {
    const parse = () => {
      throw new TypeError('ours');
    };
    await expect(look(here(), wanted(['echo', 'a']), kindsOf({ ...echo, parse }))).rejects.toThrow('ours');
  });
});

describe('a host on which somebody else than root logs in', () => {
  const facts = (...more: string[]) => printedFacts('192.168.80.10/24', more).replace('uid 0', 'uid 1000');
  const table = kind('table', 'a=$($LVSCTL_SUDO show -n) && echo "$a"');
  const both = wanted(['echo', 'a'], ['table', 'x']);
  const tools = {
    id: 'echo 1000',
    show: 'echo "x=$*"',
    sudo: '[ "$1" = -n ] && shift && echo "a=sudo" && "$@"',
  };

  it('has what root alone may read go through sudo, and nothing else', async () => {
    const { observed } = await look(here({ facts: facts(), tools }), both, kindsOf(echo, table));
    if (observed.status !== 'ok') throw new Error(observed.message);
    expect(Object.fromEntries(observed.entries.get('table')!)).toEqual({
      a: { value: 'sudo' },
      x: { value: '-n' },
    });
    expect(Object.fromEntries(observed.entries.get('echo')!)).toEqual({ a: { value: 'web' } });
    expect(observed.facts.root).toBe(false);
  });

  it('as root needs no sudo', async () => {
    const root = { ...tools, id: 'echo 0', sudo: 'exit 1' };
    const { observed } = await look(here({ tools: root }), both, kindsOf(echo, table));
    expect('entries' in observed && Object.fromEntries(observed.entries.get('table')!)).toEqual({
      x: { value: '-n' },
    });
  });

  it.each([
    ['wants a password', 'echo "sudo: a password is required" >&2; exit 1', 'sudo: a password is required'],
    [
      'knows the user not',
      'echo "bob is not allowed to run sudo on web1." >&2; exit 1',
      'bob is not allowed to run sudo on web1.',
    ],
  ])('and sudo %s: only that kind is unreadable, with the remedy', async (_, sudo, said) => {
    const session = here({ facts: facts(), tools: { ...tools, sudo } });
    const { observed } = await look(session, both, kindsOf(echo, table));
    if (observed.status !== 'ok') throw new Error(observed.message);
    expect([...observed.unreadable]).toEqual([
      ['table', `${said}; the rights that reading takes: docs/sudoers-drift`],
    ]);
    expect([...observed.entries.keys()]).toEqual(['echo']);
  });

  it('who may not read our mark: that is told, and the rest is compared', async () => {
    const { observed } = await look(here({ facts: facts('closed mark'), tools }), both, kindsOf(echo, table));
    if (observed.status !== 'ok') throw new Error(observed.message);
    expect([...observed.unreadable]).toEqual([['mark', expect.stringContaining('docs/sudoers-drift')]]);
    expect([...observed.entries.keys()]).toEqual(['echo', 'table']);
  });
});

describe('a host that cannot be read', () => {
  const lost = { lost: 'the connection was reset' };

  it.each<[string, Sketch, string]>([
    ['at once', { instead: lost }, 'look at the host and the way to it'],
    ['once it has told its facts', { breaks: lost }, 'try again; if it stays so, look at the host'],
  ])('is unreachable when the line breaks %s', async (_, sketch, remedy) => {
    expect(await look(here(sketch))).toEqual({
      observed: { host: 'web1', status: 'unreachable', message: lost.lost, remedy },
      wanted: [],
    });
  });

  it('refuses when its shell runs nothing: a nologin account, a router', async () => {
    const ended = { code: 1, stdout: 'This account is currently not available.\n', stderr: '' };
    expect(await look(here({ instead: ended }))).toEqual(
      refused('web1: the shell ran no script', expect.stringContaining('POSIX shell')),
    );
    const told = { code: 127, stdout: '', stderr: 'exec: unknown command\n' };
    expect(await look(here({ instead: told }))).toEqual(
      refused('web1: the shell ran no script (exec: unknown command)', expect.any(String)),
    );
  });

  it('refuses when tools are missing, and is asked nothing more', async () => {
    const session = here({ facts: printedFacts('192.168.80.10/24', ['missing ip', 'missing flock']) });
    expect(await look(session)).toEqual(
      refused('web1 lacks ip, flock', expect.stringContaining('iproute2, util-linux')),
    );
    expect(session.asked).toBe('');
  });

  it("refuses when it is another cluster's", async () => {
    const facts = marked({ format: 1, cluster: 'shop', members: {}, entries: [] });
    expect(await look(here({ facts }))).toEqual(
      refused(
        'web1 belongs to the cluster shop, not web (see /var/lib/lvsctl/mark)',
        'destroy shop there first, or name this cluster shop',
      ),
    );
  });

  it('refuses when its mark is damaged: nobody would know any more what stood there', async () => {
    expect(await look(here({ facts: printedFacts('192.168.80.10/24', ['mark bm8=']) }))).toEqual(
      refused(
        'web1: /var/lib/lvsctl/mark is damaged or from a newer lvsctl',
        expect.stringContaining('from a backup'),
      ),
    );
  });

  it('refuses when it is a system that is not built yet, or none that we know', async () => {
    const facts = printedFacts('192.168.80.10/24');
    expect(await look(here({ facts: facts.replace('ifupdown', 'netplan') }))).toEqual(
      refused(expect.stringContaining('keeps its network in netplan'), expect.any(String)),
    );
    expect(await look(here({ facts: facts.replace('id debian', 'id alpine') }))).toEqual(
      refused('web1: the system is alpine; lvsctl knows Debian', expect.any(String)),
    );
  });

  it('refuses when it cannot be what the topology calls it', async () => {
    const session = here();
    const unfit = { message: 'no such interface', remedy: 'correct it' };
    expect(await look(session, () => unfit)).toEqual(refused(unfit.message, unfit.remedy));
    expect(session.asked).toBe('');
  });
});
