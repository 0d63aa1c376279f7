import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applied, type Cluster, cluster } from './cluster.js';
import { until } from './pair.js';

const VIP = '192.168.127.100';
/** More addresses of the VIP's kind, for schedulers that go by destination: all carry the mark 50. */
const OTHERS = [101, 102, 103, 104, 105, 106, 107].map(last => `192.168.127.${last}`);
/** More addresses of the client, for schedulers that go by source. */
const SOURCES = Array.from({ length: 24 }, (_, index) => `192.168.127.${150 + index}`);

/**
 * Sends requests from the client and prints who answered, one line each. Arguments: how many, or addresses to
 * connect to, or (with `from`) addresses to connect from.
 */
const ASK = `
import socket, sys
def ask(to='${VIP}', source=None):
    try:
        s = socket.create_connection((to, 80), timeout=4, source_address=(source, 0) if source else None)
        s.sendall(b'GET / HTTP/1.0\\r\\n\\r\\n')
        said = b''
        while True:
            part = s.recv(4096)
            if not part: break
            said += part
        s.close()
        return said.decode().strip().splitlines()[-1].split()[-1]
    except OSError:
        return '-'
what, rest = sys.argv[1], sys.argv[2:]
if what == 'count': print('\\n'.join(ask() for _ in range(int(rest[0]))))
if what == 'to': print('\\n'.join(ask(to=each) for each in rest))
if what == 'from': print('\\n'.join(ask(source=each) for each in rest))
`;

/** Opens connections, holds them until it is ended, and tells when they are open. */
const HOLD = `
import socket, sys, time
held = [socket.create_connection(('${VIP}', 80), timeout=10) for _ in range(int(sys.argv[1]))]
print('open', flush=True)
time.sleep(300)
`;

interface Scenario {
  scheduler: string;
  /** How the kernel chooses, in a sentence: the promise that is held up. */
  promise: string;
  weights?: [web1: number, web2: number];
  settings?: string;
  /** Connections that are open beforehand: how many to web1, how many to web2. */
  held?: [web1: number, web2: number];
  ask(c: Cluster): Promise<string[]>;
  kept(answers: readonly string[]): boolean;
  /** What the table is switched to, under which the promise must not hold. */
  broken?: { scheduler: string; weights?: [number, number] };
}

const count = (c: Cluster, times: number) => asked(c, 'count', String(times));
const of = (answers: readonly string[], name: string) => answers.filter(answer => answer === name).length;
const only = (name: string) => (answers: readonly string[]) => answers.every(answer => answer === name);
/** The same address gets the same server each time, and not all of them the same one. */
const sticky = (rounds: number) => (answers: readonly string[]) => {
  const each = answers.length / rounds;
  const first = answers.slice(0, each);
  return (
    answers.every((answer, at) => answer === first[at % each] && answer !== '-') && new Set(first).size > 1
  );
};
/** How long the director remembers a closed connection. */
const CLOSED_SECONDS = 10;
/** Of an odd number, so that rr does not keep it by chance. */
const thrice = (list: readonly string[]) => [...list, ...list, ...list];

const scenarios: readonly Scenario[] = [
  {
    scheduler: 'rr',
    promise: 'in turn',
    ask: c => count(c, 8),
    kept: answers => answers.every((answer, at) => at === 0 || answer !== answers[at - 1]),
    broken: { scheduler: 'wrr', weights: [3, 1] },
  },
  {
    scheduler: 'wrr',
    promise: 'in turn, by weight',
    weights: [3, 1],
    ask: c => count(c, 8),
    kept: answers => of(answers, 'web1') === 6 && of(answers, 'web2') === 2,
  },
  {
    scheduler: 'lc',
    promise: 'where the fewest connections are open, whatever the weight',
    weights: [10, 1],
    held: [3, 1],
    ask: c => count(c, 6),
    kept: only('web2'),
  },
  {
    scheduler: 'wlc',
    promise: 'where the fewest connections are open for the weight',
    weights: [10, 1],
    held: [3, 1],
    ask: c => count(c, 6),
    kept: only('web1'),
  },
  {
    scheduler: 'sed',
    promise: 'where the next connection waits shortest: finished ones do not count',
    weights: [1, 3],
    ask: c => count(c, 8),
    kept: only('web2'),
  },
  {
    scheduler: 'nq',
    promise: 'to an idle server at once, though another waits shorter',
    weights: [1, 3],
    held: [0, 1],
    ask: c => count(c, 8),
    kept: only('web1'),
  },
  {
    scheduler: 'fo',
    promise: 'all to the highest weight',
    weights: [1, 3],
    ask: c => count(c, 6),
    kept: only('web2'),
  },
  {
    scheduler: 'ovf',
    promise: 'to the highest weight until it has as many connections as its weight',
    weights: [1, 2],
    held: [0, 3],
    ask: c => count(c, 6),
    kept: only('web1'),
  },
  ...['dh', 'lblc', 'lblcr'].map(
    (scheduler): Scenario => ({
      scheduler,
      promise: 'a destination keeps its server',
      settings: 'fwmark',
      async ask(c) {
        // A new destination goes where the fewest connections are, and those that were closed count for a while.
        await c.on('client', `sleep ${CLOSED_SECONDS + 2}`);
        return asked(c, 'to', ...thrice(OTHERS));
      },
      kept: sticky(3),
    }),
  ),
  ...['sh', 'mh'].map(
    (scheduler): Scenario => ({
      scheduler,
      promise: 'a source keeps its server',
      ask: c => asked(c, 'from', ...thrice(SOURCES.slice(1))),
      kept: sticky(3),
    }),
  ),
];

async function asked(c: Cluster, ...words: string[]): Promise<string[]> {
  return (await c.on('client', `python3 /root/ask.py ${words.join(' ')}`, 300)).trim().split('\n');
}

describe('each scheduler of the kernel', () => {
  let c: Cluster;
  let pristine = '';

  beforeAll(async () => {
    c = await cluster('dr');
    await c.edit(yaml => yaml.replace('  - port: 80 #', '  - port: 80\n    weights: { web1: 1, web2: 1 } #'));
    pristine = await text();
    await applied(c);
    for (const host of ['lb1', 'web1', 'web2'])
      for (const other of OTHERS)
        await c.on(host, `ip addr add ${other}/32 dev ${host === 'lb1' ? 'ens33' : 'lo'}`);
    // Their own site listens on two addresses alone; the marked ones need it too.
    for (const web of ['web1', 'web2'])
      await c.on(
        web,
        `printf 'server { %s root /var/www/html; }\\n' "$(printf 'listen %s:80; ' ${OTHERS.join(' ')})" >/etc/nginx/conf.d/others.conf; systemctl reload nginx`,
      );
    await c.on(
      'lb1',
      `iptables -t mangle -A PREROUTING -d 192.168.127.96/28 -p tcp -m tcp --dport 80 -j MARK --set-mark 50`,
    );
    await c.on('lb1', `ipvsadm --set 0 ${CLOSED_SECONDS} 0`);
    for (const source of SOURCES) await c.on('client', `ip addr add ${source}/24 dev ens33`);
    await c.on('client', `cat >/root/ask.py <<'END'\n${ASK}\nEND\ncat >/root/hold.py <<'END'\n${HOLD}\nEND`);
  });
  afterAll(() => c?.down());

  it.each(scenarios)('$scheduler: $promise', async scenario => {
    const { scheduler, weights = [1, 1], settings, held = [0, 0], broken = { scheduler: 'rr' } } = scenario;
    await table(scheduler, weights, settings);
    await hold(held, weights, settings);
    const answers = await scenario.ask(c);
    expect(scenario.kept(answers), `${scheduler}: ${answers}`).toBe(true);

    await c.on('lb1', `ipvsadm -E ${service(settings)} -s ${broken.scheduler}`);
    if (broken.weights) await weigh(broken.weights, settings);
    const others = await scenario.ask(c);
    expect(scenario.kept(others), `${broken.scheduler}: ${others}`).toBe(false);
  });

  it.each(['sh', 'mh'])(
    '%s without a fallback loses the clients of a server of weight 0, and keeps them with it',
    async name => {
      const from = (list: readonly string[]) => asked(c, 'from', ...list);
      await table(name, [1, 1]);
      const before = await from(SOURCES);
      expect(new Set(before)).toEqual(new Set(['web1', 'web2']));
      await weigh([0, 1]);
      if (name === 'sh') expect(await from(SOURCES)).toContain('-');
      await table(name, [0, 1], undefined, `flags: [${name}-fallback]`);
      expect(new Set(await from(SOURCES))).toEqual(new Set(['web2']));
    },
  );

  it('fo goes on with the next weight when the first server is dead', async () => {
    await table('fo', [1, 3]);
    expect(await count(c, 4)).toEqual(Array(4).fill('web2'));
    await weigh([1, 0]);
    expect(await count(c, 4)).toEqual(Array(4).fill('web1'));
  });

  it('a server above its upper threshold gets no new connections, also after a restart of ipvsadm', async () => {
    await c.edit(() =>
      pristine.replace('address: 192.168.127.30/24', 'address: 192.168.127.30/24\n    upperThreshold: 2'),
    );
    await applied(c);
    await c.on('lb1', 'systemctl restart ipvsadm');
    await until(c, 'lb1', "ipvsadm -Ln --thresholds | grep -q '192.168.127.30:80 *2 '");
    expect((await count(c, 8)).slice(4)).toEqual(Array(4).fill('web1'));
    const { code } = await c.lvsctl('plan', '--detailed-exitcode');
    expect(code).toBe(0);
  });

  it('persistence keeps the clients of one netmask together', async () => {
    await table('rr', [1, 1], undefined, 'persistence: { timeout: 60, netmask: 255.255.255.0 }');
    const answers = await asked(c, 'from', ...SOURCES.slice(0, 6));
    expect(new Set(answers).size).toBe(1);
    expect(await c.on('lb1', 'ipvsadm -Sn')).toContain('-p 60 -M 255.255.255.0');
  });

  it('twos, which this kernel lacks, is refused before anything is written', async () => {
    const saved = await c.on('lb1', 'ipvsadm -Sn; cat /etc/modules-load.d/lvsctl.conf');
    await c.edit(() => pristine.replace('scheduler: rr', 'scheduler: twos'));
    const { code, out, err } = await c.lvsctl('apply', '--auto-approve');
    expect(code).toBe(3);
    expect(`${out}${err}`).toContain('has no module ip_vs_twos');
    expect(await c.on('lb1', 'ipvsadm -Sn; cat /etc/modules-load.d/lvsctl.conf')).toBe(saved);
  });

  /** Brings the table about by the topology, and throws when anything differs then. */
  async function table(
    scheduler: string,
    weights: readonly number[],
    settings?: string,
    more = '',
  ): Promise<void> {
    await c.on('client', 'pkill -f hold.py; true');
    const port = settings === 'fwmark' ? 'fwmark: 50\n    ports: [80]' : 'port: 80';
    await c.edit(() =>
      pristine
        .replace('scheduler: rr', `scheduler: ${scheduler}`)
        .replace('port: 80\n', `${port}\n${more && `    ${more}\n`}`)
        .replace('{ web1: 1, web2: 1 }', `{ web1: ${weights[0]}, web2: ${weights[1]} }`),
    );
    await applied(c);
    expect(await c.on('lb1', 'ipvsadm -Sn')).toContain(` -s ${scheduler}`);
  }

  /** Opens connections to each server, the other one being out of the way meanwhile. */
  async function hold(held: readonly number[], weights: readonly number[], settings?: string): Promise<void> {
    if (held.every(number => number === 0)) return;
    for (const [at, number] of held.entries()) {
      if (number === 0) continue;
      await weigh(at === 0 ? [weights[0]!, 0] : [0, weights[1]!], settings);
      await c.on(
        'client',
        `nohup python3 /root/hold.py ${number} >/root/held.${at} 2>&1 </dev/null &
tries=0; until grep -q open /root/held.${at}; do tries=$((tries + 1)); [ $tries -lt 60 ] || { cat /root/held.${at}; exit 1; }; sleep 0.3; done`,
      );
    }
    await weigh(weights, settings);
  }

  /** Gives the real servers weights in the kernel's table alone. */
  async function weigh(weights: readonly number[], settings?: string): Promise<void> {
    const port = settings === 'fwmark' ? 0 : 80;
    for (const [at, last] of [20, 30].entries()) {
      const limits = await c.on(
        'lb1',
        `ipvsadm -Ln --thresholds | awk '$2 == "192.168.127.${last}:${port}" { print "-x", $3, "-y", $4 }'`,
      );
      await c.on(
        'lb1',
        `ipvsadm -e ${service(settings)} -r 192.168.127.${last}:${port} -g -w ${weights[at]} ${limits}`,
      );
    }
  }

  function service(settings?: string): string {
    return settings === 'fwmark' ? '-f 50' : `-t ${VIP}:80`;
  }

  async function text(): Promise<string> {
    let yaml = '';
    await c.edit(now => {
      yaml = now;
      return now;
    });
    return yaml;
  }
});
