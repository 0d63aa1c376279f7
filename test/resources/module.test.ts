import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Unreadable } from '../../src/resources/kind.js';
import { kernelModule } from '../../src/resources/module.js';
import { attempt, carryOut, lawOfKind } from './law.js';

lawOfKind(kernelModule, [{ key: 'ip_vs', after: { loaded: true } }]);

describe('a kernel module', () => {
  it('is loaded by its name, and left loaded', () => {
    expect(kernelModule.steps({ key: 'ip_vs_wrr', after: { loaded: true } })[0]).toMatchObject({
      args: ['ip_vs_wrr'],
      run: expect.stringMatching(/^modprobe -- "\$1"/),
    });
    expect(kernelModule.steps({ key: 'ip_vs_wrr', before: { loaded: true } })).toEqual([]);
  });

  it('is looked for under /sys/module, with - as _, by the name it was asked for', () => {
    const [here] = readdirSync('/sys/module').filter(name => name.includes('_'));
    const asked = here!.replace('_', '-');
    const output = carryOut(kernelModule.probe([asked]));
    expect([...kernelModule.parse(output)]).toEqual([[asked, { loaded: true }]]);
  });

  it('that the kernel has is absent until it is loaded, and one that it lacks is told beforehand', () => {
    expect([...kernelModule.parse('ip_vs\n!ip_vs_twos\n')]).toEqual([
      ['ip_vs', { loaded: true }],
      ['ip_vs_twos', { loaded: false }],
    ]);
    expect(carryOut(kernelModule.probe(['no_such']))).toMatch(/^(!no_such\n)?$/);
  });

  it('that the kernel lacks is an error with the kernel and the module in it', () => {
    const { status, stderr } = attempt(kernelModule.steps({ key: 'no_such', after: { loaded: true } })[0]!);
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /the running kernel \S+ has no module no_such; if the kernel was upgraded, reboot first/,
    );
  });

  it('is not loaded by a look at it, and not guessed', () => {
    const before = readdirSync('/sys/module');
    carryOut(kernelModule.probe(['ip_vs', 'nf_tables', 'ip_tables']));
    expect(readdirSync('/sys/module')).toEqual(before);
    expect(() => kernelModule.parse('FATAL: Module x not found')).toThrow(Unreadable);
  });
});
