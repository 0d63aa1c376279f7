import { describe, expect, it } from 'vitest';
import { exportOptions, liveExport } from '../../src/resources/export.js';
import { attempt, lawOfKind } from './law.js';

/** /var/lib/nfs/etab of nfs-kernel-server 1:2.6.2-4+deb12u1, after exportfs -o rw,sync and others. */
const etab = [
  '/opt/kgc\t192.168.80.0/24(rw,sync,wdelay,hide,nocrossmnt,secure,root_squash,no_all_squash,no_subtree_check,secure_locks,acl,no_pnfs,anonuid=65534,anongid=65534,sec=sys,rw,root_squash,no_all_squash)',
  '/srv/a\\040b\t*(ro,async,wdelay,hide,nocrossmnt,secure,no_root_squash,no_all_squash,no_subtree_check,secure_locks,acl,no_pnfs,fsid=0,anonuid=33,anongid=65534,sec=sys,ro,no_root_squash,no_all_squash)',
  '/opt/kgc\t10.0.0.1(rw,sync,wdelay,hide,nocrossmnt,insecure,root_squash,no_all_squash,subtree_check,secure_locks,acl,no_pnfs,anonuid=65534,anongid=65534,sec=krb5:sys,rw,root_squash,no_all_squash)',
  '',
].join('\n');

const after = { options: exportOptions(['rw', 'sync']) };

describe('a live export', () => {
  it('equals what is wanted, whatever defaults the host writes out', () => {
    expect(Object.fromEntries(liveExport.parse(etab))).toEqual({
      '/opt/kgc 192.168.80.0/24': { options: exportOptions(['rw', 'sync']) },
      '/srv/a b *': { options: exportOptions(['async', 'no_root_squash', 'fsid=0', 'anonuid=33']) },
      '/opt/kgc 10.0.0.1': { options: exportOptions(['rw', 'insecure', 'subtree_check', 'sec=krb5:sys']) },
    });
  });

  it('has every option written out', () => {
    expect(exportOptions([])).toBe(
      'ro,sync,wdelay,hide,nocrossmnt,secure,root_squash,no_all_squash,no_subtree_check,secure_locks,acl,anonuid=65534,anongid=65534,sec=sys',
    );
    expect(exportOptions(['rw', 'no_auth_nlm', ' fsid=0'])).toBe(
      'rw,sync,wdelay,hide,nocrossmnt,secure,root_squash,no_all_squash,no_subtree_check,insecure_locks,acl,fsid=0,anonuid=65534,anongid=65534,sec=sys',
    );
  });

  it('has a path with spaces that are none to exportfs', () => {
    const keys = [...liveExport.parse('/srv/a\u00a0b\u3000\t*(ro)\n').keys()];
    expect(keys).toEqual(['/srv/a\u00a0b\u3000 *']);
  });

  it('takes no option for what every JavaScript object has', () => {
    expect(exportOptions(['constructor', '__proto__'])).toContain(
      ',acl,__proto__,constructor,anonuid=65534,',
    );
  });

  it('is unreadable rather than guessed', () => {
    expect(() => liveExport.parse('exportfs: could not open\n')).toThrow('not a line of /var/lib/nfs/etab');
  });

  it('is made and taken away one by one', () => {
    const key = '/srv/a b 192.168.80.0/24';
    expect(liveExport.steps({ key, after })).toEqual([
      {
        run: expect.stringContaining('exportfs -o "$1" "$2:$3"'),
        args: [after.options, '192.168.80.0/24', '/srv/a b'],
      },
    ]);
    const away = liveExport.steps({ key, before: after })[0]!;
    expect(away).toMatchObject({ args: ['192.168.80.0/24', '/srv/a b', '/srv/a\\040b'] });
    expect(attempt({ ...away, run: away.run.replace('command -v exportfs', 'false') }).status).toBe(0);
  });
});

lawOfKind(liveExport, [
  { key: '/opt/kgc 192.168.80.0/24', after },
  { key: '/opt/kgc 192.168.80.0/24', before: { options: exportOptions(['ro']) }, after },
]);
