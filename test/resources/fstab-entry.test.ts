import { expect, it } from 'vitest';
import { fstabEntry } from '../../src/resources/fstab-entry.js';
import { lawOfKind, runs } from './law.js';

it('entries of our block in fstab are read', () => {
  const output =
    '>/etc/fstab\n|192.168.80.30:/opt/kgc /var/www/my\\040html nfs4 _netdev,nofail 0 0\n|# a b c d\n|#x /y nfs4 z\n';
  expect([...fstabEntry.parse(output)]).toEqual([
    [
      '/etc/fstab /var/www/my html',
      { source: '192.168.80.30:/opt/kgc', type: 'nfs4', options: '_netdev,nofail' },
    ],
  ]);
});

it('only blanks and tabs part the words of a line, as for the kernel and systemd', () => {
  const key = '/etc/fstab /srv/a\u00a0b\u3000c\ufeff';
  const state = { source: '10.0.0.1:/\u2003', type: 'nfs4', options: 'ro' };
  const line = fstabEntry.line(key, state);
  expect([...fstabEntry.parse(`>/etc/fstab\n|\t${line}\r\n`)]).toEqual([[key, state]]);
});

const after = { source: '192.168.80.30:/opt/kgc', type: 'nfs4', options: '_netdev,nofail' };
const line = '192.168.80.30:/opt/kgc /var/www/html nfs4 _netdev,nofail 0 0';
lawOfKind(fstabEntry, [
  { key: '/etc/fstab /var/www/html', after },
  { key: '/etc/fstab /var/www/html', before: { ...after, options: 'defaults' }, after },
]);

it('only a change of /etc/fstab itself makes systemd read it again', () => {
  expect(fstabEntry.steps({ key: '/etc/fstab /mnt', after })[0]).toMatchObject({
    run: expect.stringMatching(/case \$1 in \/etc\/fstab\) .*systemctl daemon-reload/),
    args: ['/etc/fstab', '/mnt', '192.168.80.30:/opt/kgc /mnt nfs4 _netdev,nofail 0 0', ''],
  });
});

runs(fstabEntry, [
  {
    title: 'an entry is added to a file that ends without a newline',
    files: { fstab: 'UUID=1 / ext4 defaults 0 1' },
    key: root => `${root}/fstab /var/www/html`,
    before: null,
    after,
    bytes: {
      fstab: `UUID=1 / ext4 defaults 0 1\n# BEGIN lvsctl web (no newline before)\n${line}\n# END lvsctl web\n`,
    },
  },
  {
    title: 'an entry that was commented out is absent, and is added again',
    files: { fstab: `# BEGIN lvsctl web\n#${line}\n/dev/sdz /z ext4 ro 0 0\n# END lvsctl web\n` },
    key: root => `${root}/fstab /var/www/html`,
    before: null,
    after,
    bytes: {
      fstab: `# BEGIN lvsctl web\n#${line}\n/dev/sdz /z ext4 ro 0 0\n${line}\n# END lvsctl web\n`,
    },
  },
]);
