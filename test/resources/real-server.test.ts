import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { Unreadable } from '../../src/resources/kind.js';
import { connectionsProbe, realServer } from '../../src/resources/real-server.js';
import { lawOfKind } from './law.js';

const plain = { forward: 'nat', weight: 1, upper: 0, lower: 0, tunnel: '' };
const key = 'tcp 12.0.0.1:80 192.168.80.10:80';
lawOfKind(realServer, [
  { key, after: plain },
  { key, before: plain, after: { ...plain, forward: 'tun', weight: 0, tunnel: 'gue 6080 csum' } },
]);

const table = `-A -t 12.0.0.1:80 -s rr
-a -t 12.0.0.1:80 -r 192.168.80.10:80 -m -w 1
-a -t 12.0.0.1:80 -r 192.168.80.20:8080 -m -w 0
-A -t [2001:db8::80]:80 -s sh
-a -t [2001:db8::80]:80 -r [2001:db8::10]:80 -g -w 1
-A -u 12.0.0.1:53 -s wlc
-a -u 12.0.0.1:53 -r 10.9.0.2:53 -i -w 1 --tun-type ipip
-a -u 12.0.0.1:53 -r 10.9.0.3:53 -i -w 2 --tun-type gue --tun-port 6080 --tun-csum
-a -u 12.0.0.1:53 -r 10.9.0.4:53 -i -w 2 --tun-type gre --tun-nocsum
-a -u 12.0.0.1:53 -r 10.9.0.5:53 -i -w 2
-A -f 50 -6 -s rr -p 300
-a -f 50 -6 -r [2001:db8::10]:0 -g -w 1
# thresholds
IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn InActConn
  -> RemoteAddress:Port
TCP  12.0.0.1:80 rr
  -> 192.168.80.10:80             10000      100        7          2
  -> 192.168.80.20:8080           0          0          0          0
TCP  [2001:db8::80]:80 sh
  -> [2001:db8::10]:80            0          0          0          0
UDP  12.0.0.1:53 wlc
  -> 10.9.0.2:53                  0          0          0          0
  -> 10.9.0.3:53                  5          0          0          0
  -> 10.9.0.4:53                  0          0          0          0
  -> 10.9.0.5:53                  0          0          0          0
FWM  50 IPv6 rr persistent 300
  -> [2001:db8::10]:0             0          0          0          0
`;

describe('a real server', () => {
  it('is read from ipvsadm -Sn, its thresholds from ipvsadm -Ln --thresholds', () => {
    const tun = { ...plain, forward: 'tun', weight: 2 };
    expect(Object.fromEntries(realServer.parse(table))).toEqual({
      [key]: { ...plain, upper: 10000, lower: 100 },
      'tcp 12.0.0.1:80 192.168.80.20:8080': { ...plain, weight: 0 },
      'tcp [2001:db8::80]:80 [2001:db8::10]:80': { ...plain, forward: 'dr' },
      'udp 12.0.0.1:53 10.9.0.2:53': { ...tun, weight: 1, tunnel: 'ipip' },
      'udp 12.0.0.1:53 10.9.0.3:53': { ...tun, upper: 5, tunnel: 'gue 6080 csum' },
      'udp 12.0.0.1:53 10.9.0.4:53': { ...tun, tunnel: 'gre nocsum' },
      'udp 12.0.0.1:53 10.9.0.5:53': { ...tun, tunnel: 'ipip' },
      'fwm6 50 [2001:db8::10]:0': { ...plain, forward: 'dr' },
    });
  });

  it('is written with every field, because ipvsadm -e sets what is not given back', () => {
    const args = (state: Partial<typeof plain>) =>
      realServer
        .steps({ key, after: { ...plain, ...state } })[0]
        ?.args?.slice(1)
        .join(' ');
    const who = '-t 12.0.0.1:80 -r 192.168.80.10:80';
    expect(args({})).toBe(`${who} -m -w 1 -x 0 -y 0`);
    expect(args({ forward: 'dr', weight: 0, upper: 9, lower: 5 })).toBe(`${who} -g -w 0 -x 9 -y 5`);
    expect(args({ forward: 'tun', tunnel: 'ipip' })).toBe(`${who} -i -w 1 -x 0 -y 0`);
    expect(args({ forward: 'tun', tunnel: 'gue 6080 csum' })).toBe(
      `${who} -i -w 1 -x 0 -y 0 --tun-type gue --tun-port 6080 --tun-csum`,
    );
    expect(args({ forward: 'tun', tunnel: 'gre nocsum' })).toBe(
      `${who} -i -w 1 -x 0 -y 0 --tun-type gre --tun-nocsum`,
    );
    const [write] = realServer.steps({ key: 'fwm6 50 [2001:db8::10]:0', after: plain });
    expect(write?.args?.slice(0, 6)).toEqual([
      '-a -f 50 -6 -r [2001:db8::10]:0 ',
      ...['-f', '50', '-6', '-r', '[2001:db8::10]:0'],
    ]);
  });

  it('is removed by its name alone, and only where it is', () => {
    expect(realServer.steps({ key, before: plain })).toMatchObject([
      {
        args: [`-a -t 12.0.0.1:80 -r 192.168.80.10:80 `, '-t', '12.0.0.1:80', '-r', '192.168.80.10:80'],
        run: expect.stringContaining('ipvsadm -d "$@"'),
      },
    ]);
  });

  it('is drained by weight 0, and waited for until its connections and its persistence are gone', () => {
    const state = { ...plain, forward: 'dr' };
    const [weigh, wait] = realServer.drain!([{ key, before: state, after: { ...state, weight: 0 } }]);
    expect(weigh!.args?.slice(1).join(' ')).toBe('-t 12.0.0.1:80 -r 192.168.80.10:80 -g -w 0 -x 0 -y 0');
    const tool = `ipvsadm() { cat <<END
TCP  12.0.0.1:80 rr
  -> 192.168.80.10:80             0         $1           $2          9
  -> 192.168.80.20:80             1         50          50         9
UDP  12.0.0.1:53 wlc
  -> 192.168.80.10:80             1         0           70         9
END
}`;
    const waiting = (open: string, left: number) => {
      const table = tool.replaceAll('$1', open).replaceAll('$2', '0');
      const script = `sleep() { :; }; export LVSCTL_CHANGE=4 LVSCTL_DRAIN_TIMEOUT=${left}\nexec 3>&1\n${table}\n${wait!.run}`;
      return spawnSync('sh', ['-c', script, 'sh', ...wait!.args!], { encoding: 'utf8' }).stdout;
    };
    expect(waiting('0', 30)).toBe('');
    expect(waiting('3', 2)).toBe('waiting 4 3 2\nwaiting 4 3 1\n');
    const count = connectionsProbe([key, 'udp 12.0.0.1:53 192.168.80.10:80']);
    const counted = spawnSync(
      'sh',
      ['-c', `${tool.replaceAll('$1', '1').replaceAll('$2', '2')}\n${count.run}`, 'sh', ...count.args!],
      { encoding: 'utf8' },
    );
    expect(counted.stdout).toBe('82\n');
    const broken = spawnSync('sh', ['-c', `ipvsadm() { return 2; }\n${count.run}`, 'sh', ...count.args!]);
    expect(broken).toMatchObject({ status: 2, stdout: Buffer.from('') });
  });

  it('that nobody wants is ours when its virtual service is', () => {
    const wanted = (kind: string, name: string) => kind === 'virtual-service' && name === 'tcp 12.0.0.1:80';
    expect(realServer.owns?.(key, wanted)).toBe(true);
    expect(realServer.owns?.('tcp 12.0.0.9:80 192.168.80.10:80', wanted)).toBe(false);
  });

  it('is not guessed', () => {
    const half = table.replace(/ {2}-> 192.168.80.10:80 .*\n/, '');
    expect(() => realServer.parse(half)).toThrow(Unreadable);
    expect(() => realServer.parse('-a -t 1.2.3.4:5 -r 10.0.0.1:5 -z -w 1\n# thresholds\n')).toThrow(
      Unreadable,
    );
    expect(() => realServer.parse('-a -x\n# thresholds\n')).toThrow(Unreadable);
  });
});
