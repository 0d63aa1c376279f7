import { describe, expect, it } from 'vitest';
import { render } from '../../src/roles/render.js';
import { loadTopology } from '../../src/topology/load.js';
import { edited, sound } from '../topology/sound.js';
import { desiredOf } from './portrait.js';

const topology = loadTopology('x.yaml', sound);

describe('the files of a host, rendered without it', () => {
  it('are the whole files that it would get', () => {
    for (const [host, wanted] of desiredOf(topology)) {
      const files = render(topology, host);
      for (const { key, state } of wanted.filter(({ kind }) => kind === 'file'))
        expect(files.get(key), `${host} ${key}`).toBe(state.content);
    }
  });

  it('hold our block of the files that belong to others', () => {
    expect(render(topology, 'lb1').get('/etc/sysctl.conf')).toBe(
      `# BEGIN lvsctl web
net.ipv4.ip_forward = 1
net.ipv4.conf.all.accept_redirects = 0
# END lvsctl web
`,
    );
    expect(render(topology, 'nas').get('/etc/exports')).toBe(
      '# BEGIN lvsctl web\n/opt/kgc 192.168.80.0/24(rw,sync,no_subtree_check)\n# END lvsctl web\n',
    );
  });

  it('hold the saved table and the switch that has it restored', () => {
    expect(render(topology, 'lb1').get('/etc/ipvsadm.rules')).toBe(
      `-A -t 12.0.0.1:80 -s rr
-a -t 12.0.0.1:80 -r 192.168.80.10:80 -m -w 1
-a -t 12.0.0.1:80 -r 192.168.80.20:80 -m -w 1
`,
    );
    expect(render(topology, 'lb1').get('/etc/default/ipvsadm')).toBe('AUTO="true"\n');
  });

  it('write odd paths as fstab and exports read them', () => {
    const odd = loadTopology(
      'x.yaml',
      edited({ 'at: /var/www/html': 'at: /srv/my files', 'path: /opt/kgc': "path: '/opt/a #b(c)'" }),
    );
    expect(render(odd, 'web1').get('/etc/fstab')).toContain(
      '192.168.80.30:/opt/a\\040#b(c) /srv/my\\040files nfs4 ',
    );
    expect(render(odd, 'nas').get('/etc/exports')).toContain(
      '/opt/a\\040\\043b\\050c\\051 192.168.80.0/24(rw,sync,no_subtree_check)',
    );
  });

  it('call an interface eth0 that the topology does not name', () => {
    const unnamed = loadTopology('x.yaml', edited({ ', interface: ens33, outside: ens37': '' }));
    expect(render(unnamed, 'lb1').get('/etc/network/interfaces.d/lvsctl')).toContain('auto eth0\n');
  });

  it('name every address in a file of its own where a host has network-scripts', () => {
    const direct = edited({
      'mode: nat': 'mode: dr',
      '12.0.0.1/24': '192.168.80.8/24',
      ', outside: ens37': '',
    });
    const files = (text: string, host: string) =>
      render(loadTopology('x.yaml', text), host, 'network-scripts');
    const folder = '/etc/sysconfig/network-scripts';
    expect(files(direct, 'web1').get(`${folder}/ifcfg-lo:0`)?.split('\n').slice(1)).toEqual([
      'DEVICE=lo:0',
      'IPADDR=192.168.80.8',
      'NETMASK=255.255.255.255',
      'ONBOOT=yes',
      '',
    ]);
    expect(files(sound, 'lb1').get(`${folder}/ifcfg-ens37:0`)).toContain('NETMASK=255.255.255.0\n');
    expect(files(sound, 'lb1').get('/etc/sysconfig/ipvsadm')).toContain('-A -t 12.0.0.1:80 -s rr\n');
    expect([...files(edited({ 'mode: nat': 'mode: tun' }), 'web1').keys()]).toContain(
      `${folder}/ifcfg-tunl0`,
    );
    const managed = edited({
      'mode: nat': 'mode: nat\nmanagement: { network: 10.9.0.0/16, via: 192.168.80.253 }',
    });
    expect(files(managed, 'web1').get(`${folder}/route-eth0`)?.split('\n').slice(1)).toEqual([
      '10.9.0.0/16 via 192.168.80.253 dev eth0',
      '',
    ]);
    for (const host of ['lb1', 'web1', 'nas'])
      expect([...files(sound, host).keys()].filter(path => path.includes('/network/'))).toEqual([]);
  });
});
