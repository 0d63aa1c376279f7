import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applied, type Cluster, cluster, planned } from './cluster.js';

let c: Cluster;
beforeAll(async () => {
  c = await cluster('nat');
  await applied(c);
  await c.on('nas', 'echo kgc >/opt/kgc/index.html; echo benet >/opt/benet/index.html');
});
afterAll(() => c?.down());

/** Opens a connection to the VIP until web2 has it, and asks on it whenever its input has a line. */
const HOLD = `
import os, socket, sys
while True:
    s = socket.create_connection(('12.0.0.1', 80), timeout=10)
    def ask():
        s.sendall(b'GET / HTTP/1.1\\r\\nHost: lab\\r\\n\\r\\n')
        return s.recv(4096).decode().split()[-1]
    if ask() == 'benet': break
    s.close()
print('held', flush=True)
for line in open('/root/ask'):
    print(ask(), flush=True)
    if line == 'end\\n': break
`;

/** One open connection of the client to web2. */
async function held() {
  await c.on(
    'client',
    `cat >/root/hold.py <<'END'\n${HOLD}\nEND
rm -f /root/ask; mkfifo /root/ask
nohup python3 /root/hold.py >/root/held 2>&1 </dev/null &
nohup sleep 900 4<>/root/ask >/dev/null 2>&1 </dev/null &
n=0; until grep -q held /root/held || [ $n -gt 60 ]; do sleep 0.5; n=$((n + 1)); done; cat /root/held`,
  );
  const ask = (word: string) =>
    c.on(
      'client',
      `was=$(wc -l </root/held); echo ${word} >/root/ask
n=0; until [ $(wc -l </root/held) -gt $was ] || [ $n -gt 40 ]; do sleep 0.25; n=$((n + 1)); done; tail -n 1 /root/held`,
    );
  return { answer: async () => (await ask('more')).trim(), end: () => ask('end') };
}

const bodies = async () => [...new Set(await c.requests(6))].sort();
const weights = async () =>
  (await c.on('lb1', 'ipvsadm -Sn')).split('\n').flatMap(
    line =>
      line
        .match(/-r (\S+) .* -w (\d+)/)
        ?.slice(1)
        .join(' ') ?? [],
  );

describe('a real server that is drained by hand', () => {
  let connection: Awaited<ReturnType<typeof held>>;

  it('gets no new connections, keeps those it has, and who waits is told how many', async () => {
    connection = await held();
    const { code, out, err } = await c.lvsctl('drain web2', '-y', '--drain-timeout', '5s');
    expect(err).toMatch(/web2: 1 connection open, \d s left/);
    expect(out).toContain('web2: no new connections; 1 connection still open.');
    expect(code).toBe(2);
    expect(await bodies()).toEqual(['kgc']);
    expect(await connection.answer()).toBe('benet');
    expect(await weights()).toEqual(['192.168.80.10:80 1', '192.168.80.20:80 0']);
  });

  it('is no drift, is shown, and stays drained over an apply and a reboot of the director', async () => {
    const { code, out } = await c.lvsctl('plan');
    expect(out.replace(/\s+/g, ' ')).toContain('web2 is drained on lb1: it gets no new connections');
    expect(out).toMatch(/^No changes\./m);
    expect(code).toBe(0);
    expect((await c.lvsctl('drift')).code).toBe(0);
    expect(await c.lvsctl('verify', '-n', '6')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/web1 +1 +6 +6 .*\n +web2 +0 +0 +0/),
    });
    await connection.end();
    expect(await c.lvsctl('drain web2', '-y')).toMatchObject({
      code: 0,
      out: expect.stringContaining('web2: no connections any more.'),
    });
    await c.reboot(['lb1']);
    expect(await planned(c)).toEqual([]);
    expect(await bodies()).toEqual(['kgc']);
  });

  it('is not joined by the last one, unless that is allowed', async () => {
    const { code, err } = await c.lvsctl('drain web1', '-y');
    expect(err).toContain('--allow last-server');
    expect(code).toBe(3);
    expect(await weights()).toEqual(['192.168.80.10:80 1', '192.168.80.20:80 0']);
  });

  it('gets its weight back, and nothing else is carried out with that', async () => {
    await c.on('lb1', 'sysctl -q -w net.ipv4.ip_forward=0');
    const { code, out } = await c.lvsctl('undrain web2', '-y');
    expect({ code, forwarding: out.includes('ip_forward') }).toEqual({ code: 0, forwarding: false });
    expect(await weights()).toEqual(['192.168.80.10:80 1', '192.168.80.20:80 1']);
    expect(await planned(c)).toEqual(['lb1 forwarding net.ipv4.ip_forward']);
    await applied(c);
    expect(await bodies()).toEqual(['benet', 'kgc']);
  });
});

describe('a real server that leaves the file', () => {
  it('is drained before it is removed: its open connection ends by itself', async () => {
    const connection = await held();
    const yaml = await withoutWeb2();
    const going = c.lvsctl('apply', '-y', '--allow', 'weight-lost', '--drain-timeout', '3m');
    await c.on(
      'lb1',
      'n=0; until ipvsadm -Sn | grep -q "80.20:80.* -w 0" || [ $n -gt 600 ]; do sleep 0.2; n=$((n + 1)); done',
    );
    expect(await bodies()).toEqual(['kgc']);
    expect(await connection.answer()).toBe('benet');
    await connection.end();
    const { code, out, err } = await going;
    expect(err).toMatch(/\[lb1\] drain real-server .*: 1 connection, \d+ s left/);
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('Apply complete!') });
    expect(await weights()).toEqual(['192.168.80.10:80 1']);
    expect(await planned(c)).toEqual([]);
    await c.edit(() => yaml);
  });

  it('is removed all the same when its connections outlive the time that they are given', async () => {
    await applied(c);
    const connection = await held();
    const yaml = await withoutWeb2();
    await applied(c, '--allow', 'weight-lost', '--drain-timeout', '3s');
    expect(await weights()).toEqual(['192.168.80.10:80 1']);
    await connection.end();
    await c.edit(() => yaml);
  });
});

/** Takes web2 out of the file; gives the text that was there. */
async function withoutWeb2(): Promise<string> {
  let was = '';
  await c.edit(yaml => {
    was = yaml;
    return yaml.replace(/ {2}- name: web2\n( {4}.*\n)*/, '');
  });
  return was;
}
