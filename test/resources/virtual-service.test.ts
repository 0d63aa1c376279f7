import { describe, expect, it } from 'vitest';
import { type State, Unreadable } from '../../src/resources/kind.js';
import { virtualService } from '../../src/resources/virtual-service.js';
import { lawOfKind } from './law.js';

const plain = { scheduler: 'rr', flags: '', persistence: 0, netmask: '', onePacket: false, engine: '' };
lawOfKind(virtualService, [
  { key: 'tcp 12.0.0.1:80', after: plain },
  { key: 'fwm 50', before: plain, after: { ...plain, scheduler: 'wlc', persistence: 300 } },
]);

/** line of `ipvsadm -Sn` -> key and state; ipvsadm takes the same words back. */
const lines: Record<string, [key: string, state: State]> = {
  '-A -t 12.0.0.1:80 -s rr': ['tcp 12.0.0.1:80', plain],
  '-A -t 12.0.0.1:443 -s sh -p 300 -M 255.255.255.0 -b sh-fallback,sh-port': [
    'tcp 12.0.0.1:443',
    { ...plain, scheduler: 'sh', flags: 'sh-fallback,sh-port', persistence: 300, netmask: '255.255.255.0' },
  ],
  '-A -u 12.0.0.1:5060 -s rr -p 60 --pe sip -o': [
    'udp 12.0.0.1:5060',
    { ...plain, persistence: 60, engine: 'sip', onePacket: true },
  ],
  '-A --sctp-service 12.0.0.1:9 -s wlc': ['sctp 12.0.0.1:9', { ...plain, scheduler: 'wlc' }],
  '-A -t [2001:db8::80]:80 -s mh -b mh-port': [
    'tcp [2001:db8::80]:80',
    { ...plain, scheduler: 'mh', flags: 'mh-port' },
  ],
  '-A -f 50 -s rr -p 300': ['fwm 50', { ...plain, persistence: 300 }],
  '-A -f 50 -6 -s rr -p 300 -M 64': ['fwm6 50', { ...plain, persistence: 300, netmask: '64' }],
};

describe('a virtual service', () => {
  it('is read from ipvsadm -Sn and written in the same words', () => {
    for (const [line, [key, state]] of Object.entries(lines)) {
      const output = `${line}\n-a -t 1.2.3.4:5 -r 10.0.0.1:5 -m -w 1\n# thresholds\nIP Virtual Server\n`;
      expect([...virtualService.parse(output)], line).toEqual([[key, state]]);
      const [write] = virtualService.steps({ key, after: { ...plain, ...state } });
      expect(`-A ${write?.args?.slice(1).join(' ')}`).toBe(line);
      expect(line.startsWith(write!.args![0]!)).toBe(true);
    }
  });

  it('is edited in place when it is there, else added, and never looked for by loading ip_vs', () => {
    const [write] = virtualService.steps({ key: 'tcp 12.0.0.1:80', after: plain });
    expect(write?.args).toEqual(['-A -t 12.0.0.1:80 -s ', '-t', '12.0.0.1:80', '-s', 'rr']);
    expect(write?.run).toContain('then ipvsadm -E "$@"; else ipvsadm -A "$@"; fi');
    const [remove] = virtualService.steps({ key: 'fwm 50', before: plain });
    expect(remove).toMatchObject({
      args: ['-A -f 50 -s ', '-f', '50'],
      run: expect.stringMatching(/^\[ -e \/proc\/net\/ip_vs \] \|\| exit 0/),
    });
    expect(virtualService.probe([]).run).toMatch(/^\[ -e \/proc\/net\/ip_vs \].*\|\| exit 0/);
  });

  it('is absent when ip_vs is not loaded, and unreadable when ipvsadm did not come to its end', () => {
    expect(virtualService.parse('').size).toBe(0);
    expect(virtualService.parse('# thresholds\nIP Virtual Server version 1.2.1 (size=4096)\n').size).toBe(0);
    for (const output of [
      '-A -t 12.0.0.1:80 -s rr\n',
      'oops\n# thresholds\n',
      '-A -t 1.2.3.4:5 -z 1\n# thresholds\n',
    ])
      expect(() => virtualService.parse(output), output).toThrow(Unreadable);
  });
});
