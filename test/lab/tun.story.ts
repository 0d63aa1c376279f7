import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applied, type Cluster, cluster } from './cluster.js';
import { born, destroyed, expectInTurn, expectNoChanges, type Life, portraits, rebooted } from './life.js';

const VIP = '10.1.0.100';
const webs = ['web1', 'web2'];

/** What a destroy may leave here beside what it may leave everywhere. */
const ofModules: readonly [RegExp, string][] = [
  [/^\+ card (tunl0|gre0|gretap0|erspan0)\S* (?!.*\bUP\b)/, 'devices that came with a module, down again'],
];

/** Takes what is posted and answers with its sha256: the far end of an upload. */
const RECEIVER = `
import hashlib, http.server
class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        left, digest = int(self.headers['Content-Length']), hashlib.sha256()
        while left:
            part = self.rfile.read(min(65536, left))
            if not part: break
            left -= len(part)
            digest.update(part)
        answer = digest.hexdigest().encode()
        self.send_response(200)
        self.send_header('Content-Length', str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
    def log_message(self, *words): pass
http.server.ThreadingHTTPServer(('', 8080), Receiver).serve_forever()
`;

describe('LVS-TUN over a router', () => {
  let c: Cluster;
  let life: Life;

  beforeAll(async () => {
    c = await cluster('tun');
    const hosts = ['lb1', ...webs];
    const before = await portraits(c, hosts);
    life = { cluster: c, hosts, url: `http://${VIP}/`, pages: ['this is web1', 'this is web2'], before };
    // Uploads go to a receiver beside the web server.
    await c.edit(yaml =>
      yaml
        .replace('  - port: 80\n', '  - port: 80\n  - port: 8080\n')
        .replace(/^( +)server: nginx.*$/gm, '$1server: nginx\n$1port: 80'),
    );
  });
  afterAll(() => c?.down());

  born(() => life);

  it('real servers see the client’s own address', async () => {
    for (const web of webs) {
      const seen = await c.on(web, "awk '{ print $1 }' /var/log/nginx/access.log | sort | uniq -c");
      expect(seen).toMatch(/^ *5 10\.9\.0\.10$/m);
    }
  });

  it.each([1500, 1400])('10 MB come and go over a path of %i bytes', async mtu => {
    await path(mtu);
    await c.on('client', '[ -e /root/up ] || head -c 10000000 /dev/urandom >/root/up');
    for (const web of webs) {
      await c.on(web, '[ -e /var/www/html/down ] || head -c 10000000 /dev/urandom >/var/www/html/down');
      await c.on(
        web,
        `[ -e /root/receiver.py ] || { cat >/root/receiver.py <<'END'\n${RECEIVER}\nEND
        systemd-run -q --unit=receiver python3 /root/receiver.py; }`,
      );
    }
    const sums = await Promise.all(webs.map(web => c.on(web, 'sha256sum </var/www/html/down')));
    const up = await c.on('client', 'sha256sum </root/up');
    const got: string[] = [];
    for (const _ of webs) {
      got.push(await c.on('client', `curl -s -f -m 90 http://${VIP}/down | sha256sum`, 100));
      const told = `curl -s -f -m 90 -H Expect: --data-binary @/root/up http://${VIP}:8080/`;
      expect(await c.on('client', told, 100)).toBe(up.split(' ')[0]);
    }
    expect(got.sort()).toEqual(sums.sort());
    if (mtu === 1400) expect(await c.on('client', `ip route get ${VIP}`)).toMatch(/mtu 1380/);
    await path(1500);
    await c.on('client', 'ip route flush cache');
  });

  it('a router that drops the VIP as source is named by verify, not waited for', async () => {
    const filter = (value: 0 | 1) => c.on('r1', `echo ${value} >/proc/sys/net/ipv4/conf/ens34/rp_filter`);
    await c.edit(yaml => yaml.replace('  - port: 8080\n', ''));
    await filter(1);
    const { code, out } = await c.lvsctl('verify');
    await filter(0);
    expect(code).toBe(1);
    expect(out).toContain(
      'web1 got the request and answered, and the answer was lost on its way back: does the router r1 (10.2.0.254) drop packets with the source 10.1.0.100?',
    );
    expect(out).not.toContain('web2 got the request');
    const { code: healed } = await c.lvsctl('verify');
    expect(healed).toBe(0);
  });

  it.each([
    ['gue', '{ type: gue, port: 6080 }'],
    ['gre', '{ type: gre }'],
  ])('an edit to %s and one apply, and requests go by it', async (type, tunnel) => {
    await c.edit(yaml => yaml.replace(/^tunnel:.*\n( .*\n)*/m, `tunnel: ${tunnel}\n`));
    // The first of them also ends the service of the uploads.
    await applied(c, '--allow', 'last-server');
    await expectNoChanges(c);
    expectInTurn(await c.requests(6, life.url), life.pages);
    expect(await c.on('lb1', 'ipvsadm -Sn')).toContain(`--tun-type ${type}`);
  });

  rebooted(() => life);

  it('what the story laid on the real servers is taken away again', async () => {
    for (const web of webs) {
      await c.on(web, 'rm -f /var/www/html/down /root/receiver.py');
    }
  });

  destroyed(() => life, ofModules);

  /** The MTU of every card of the router. */
  const path = (mtu: number) =>
    c.on('r1', `for card in ens33 ens34 ens35 ens36; do ip link set $card mtu ${mtu}; done`);
});
