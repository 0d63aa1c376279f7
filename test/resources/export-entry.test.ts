import { expect, it } from 'vitest';
import { exportEntry } from '../../src/resources/export-entry.js';
import { lawOfKind, runs } from './law.js';

it('entries of our block in exports are read; other shapes and comments are not', () => {
  const output =
    '>/etc/exports\n|/opt/kgc 192.168.80.0/24(rw,sync)\n|/srv/a\\040b\\043\t*(ro)\n|# /x *(ro)\n|/y a(ro) b(rw)\n';
  expect([...exportEntry.parse(output)]).toEqual([
    ['/etc/exports /opt/kgc 192.168.80.0/24', { options: 'rw,sync' }],
    ['/etc/exports /srv/a b# *', { options: 'ro' }],
  ]);
});

it('only blanks and tabs part the words of a line, as for exportfs', () => {
  const key = '/etc/exports /srv/a\u00a0b\u3000c\ufeff *';
  const line = exportEntry.line(key, { options: 'ro' });
  expect([...exportEntry.parse(`>/etc/exports\n|${line}\r\n`)]).toEqual([[key, { options: 'ro' }]]);
});

const after = { options: 'rw,sync' };
lawOfKind(exportEntry, [
  { key: '/etc/exports /opt/kgc 192.168.80.0/24', before: { options: 'ro' }, after },
  { key: '/etc/exports /opt/kgc 192.168.80.0/24', after },
]);

runs(exportEntry, [
  {
    title: 'one line per path and client',
    files: { exports: '# foreign\n/opt/kgc 10.0.0.1(ro)\n' },
    key: root => `${root}/exports /opt/k gc 192.168.80.0/24`,
    before: null,
    after,
    bytes: {
      exports:
        '# foreign\n/opt/kgc 10.0.0.1(ro)\n# BEGIN lvsctl web\n/opt/k\\040gc 192.168.80.0/24(rw,sync)\n# END lvsctl web\n',
    },
  },
  {
    title: 'a line is found by path and client',
    files: {
      exports: '# BEGIN lvsctl web\n/opt/kgc 192.168.80.0/24(ro)\n/opt/kgc *(ro)\n# END lvsctl web\n',
    },
    key: root => `${root}/exports /opt/kgc 192.168.80.0/24`,
    after,
    bytes: {
      exports: '# BEGIN lvsctl web\n/opt/kgc 192.168.80.0/24(rw,sync)\n/opt/kgc *(ro)\n# END lvsctl web\n',
    },
  },
]);
