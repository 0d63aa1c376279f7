import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type VariableState, variable } from '../../src/resources/variable.js';
import { attempt, lawOfKind, runs } from './law.js';

/** /etc/default/ipvsadm as Debian 12 ships it. */
const shipped = `# ipvsadm

# if you want to start ipvsadm on boot set this to true
AUTO="false"

# daemon method (none|master|backup)
DAEMON="none"

# use interface (eth0,eth1...)
IFACE="eth0"	

# syncid to use${' '}
# (0 means no filtering of syncids happen, that is the default)
# SYNCID="0"

`;
const after: VariableState = { value: 'true', quote: '"' };
const auto = (root: string) => `${root}/ipvsadm AUTO`;

describe('a variable', () => {
  it('is read with its quoting', () => {
    const output = '/etc/default/x A\ndouble a b\n/etc/default/x B\nsingle $x\n/etc/default/x C\nnone \n';
    expect(Object.fromEntries(variable.parse(output))).toEqual({
      '/etc/default/x A': { value: 'a b', quote: '"' },
      '/etc/default/x B': { value: '$x', quote: "'" },
      '/etc/default/x C': { value: '', quote: '' },
    });
  });

  it('over several lines is unreadable', () => {
    expect(() => variable.parse('/etc/default/x A\nopen a\n')).toThrow(
      '/etc/default/x A: the value goes over more than one line',
    );
  });

  it('never takes a value that ends its quotes: the file is read by a shell', () => {
    const root = mkdtempSync(join(tmpdir(), 'lvsctl-'));
    writeFileSync(join(root, 'ipvsadm'), shipped);
    for (const evil of ['x"; reboot; "', 'x\\', 'a\nb', '"'])
      for (const quote of ['"', "'", ''] as const)
        if (quote !== "'" || evil === 'a\nb')
          expect(
            attempt(variable.steps({ key: auto(root), after: { value: evil, quote } })[0]!),
          ).toMatchObject({
            status: 1,
            stderr: expect.stringContaining('cannot be written in one assignment'),
          });
    expect(readFileSync(join(root, 'ipvsadm'), 'utf8')).toBe(shipped);
    rmSync(root, { recursive: true });
  });
});

lawOfKind(variable, [{ key: '/etc/default/ipvsadm AUTO', before: { value: 'false', quote: '"' }, after }]);
runs(variable, [
  {
    title: 'Debian’s AUTO becomes true and nothing else changes',
    files: { ipvsadm: shipped },
    key: auto,
    before: { value: 'false', quote: '"' },
    after,
    bytes: { ipvsadm: shipped.replace('AUTO="false"', 'AUTO="true"') },
  },
  {
    title: 'a comment behind the value stays',
    files: { ipvsadm: shipped },
    key: root => `${root}/ipvsadm IFACE`,
    before: { value: 'eth0', quote: '"' },
    after: { value: 'eth1', quote: '' },
    bytes: { ipvsadm: shipped.replace('IFACE="eth0"\t', 'IFACE=eth1\t') },
  },
  {
    title: 'what is commented out is appended',
    files: { ipvsadm: shipped },
    key: root => `${root}/ipvsadm SYNCID`,
    before: null,
    after,
    bytes: { ipvsadm: `${shipped}SYNCID="true"\n` },
  },
  {
    title: 'the last assignment counts, also in a file of CRLF lines that lacks the last newline',
    files: { ipvsadm: "AUTO=a\r\nexport AUTO='b'\r\nAUTOS=1" },
    key: auto,
    before: { value: 'b', quote: "'" },
    after,
    bytes: { ipvsadm: 'AUTO=a\r\nexport AUTO="true"\r\nAUTOS=1' },
  },
  { title: 'a file without a last newline', files: { ipvsadm: 'X=1' }, key: auto, after },
  { title: 'a file that is not there', key: auto, before: null, after },
]);
