import { describe, expect, it } from 'vitest';
import { ipvsTimeout } from '../../src/resources/ipvs-timeout.js';
import { Unreadable } from '../../src/resources/kind.js';
import { lawOfKind } from './law.js';

lawOfKind(ipvsTimeout, [
  { key: 'tcp', before: { seconds: 900 }, after: { seconds: 600 } },
  { key: 'tcp', after: { seconds: 600 } },
]);

describe('the timeouts of ipvs', () => {
  it('are read as ipvsadm prints them', () => {
    expect([...ipvsTimeout.parse('Timeout (tcp tcpfin udp): 900 120 300\n')]).toEqual([
      ['tcp', { seconds: 900 }],
      ['tcpfin', { seconds: 120 }],
      ['udp', { seconds: 300 }],
    ]);
  });

  it('are none while ip_vs is not loaded, and never guessed', () => {
    expect(ipvsTimeout.parse('').size).toBe(0);
    expect(() => ipvsTimeout.parse('Timeout: 900')).toThrow(Unreadable);
  });

  it('are set together, 0 leaves the others as they are, and those that nobody wants get what ip_vs starts with', () => {
    const edits = [
      { key: 'udp', after: { seconds: 30 } },
      { key: 'tcp', after: { seconds: 600 } },
    ];
    expect(ipvsTimeout.steps({ key: 'tcpfin', before: { seconds: 60 } })).toEqual([
      { run: 'ipvsadm --set "$@"', args: ['0', '120', '0'] },
    ]);
    expect(ipvsTimeout.together!(edits)).toEqual([{ run: 'ipvsadm --set "$@"', args: ['600', '0', '30'] }]);
  });
});
