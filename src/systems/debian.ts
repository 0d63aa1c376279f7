import type { System } from './system.js';

/** Debian 12 with ifupdown. */
export const debian: System = {
  sysctlFile: '/etc/sysctl.conf',
  interfacesFile: '/etc/network/interfaces.d/lvsctl',
  tunnelsFile: '/etc/network/interfaces.d/lvsctl-tunnels',
  routes: { file: () => '/etc/network/if-up.d/lvsctl', template: 'network/if-up.sh', mode: '0755' },
  exportsFile: '/etc/exports',
  fstabFile: '/etc/fstab',
  modulesFile: '/etc/modules-load.d/lvsctl.conf',
  ipvsRules: '/etc/ipvsadm.rules',
  ipvsSwitch: { file: '/etc/default/ipvsadm', name: 'AUTO', value: 'true' },
  ipvsUnit: 'ipvsadm.service',
  iptablesRules: '/etc/lvsctl/iptables.rules',
  nfsUnit: 'nfs-server.service',
  nfsBeside: [
    'run-rpc_pipefs.mount',
    'proc-fs-nfsd.mount',
    'rpcbind.socket',
    'rpcbind.service',
    'nfsdcld.service',
    'rpc-statd-notify.service',
    'rpc-statd.service',
  ],
  packages: {
    director: ['ipvsadm', 'iptables'],
    keepalived: ['keepalived'],
    firewall: ['iptables'],
    nfsServer: ['nfs-kernel-server'],
    nfsClient: ['nfs-common'],
    web: { nginx: ['nginx'], apache: ['apache2'] },
  },
  web: {
    nginx: {
      unit: 'nginx.service',
      site: name => `/etc/nginx/conf.d/lvsctl-${name}.conf`,
      template: 'nginx/site.conf',
    },
    apache: {
      unit: 'apache2.service',
      site: name => `/etc/apache2/sites-enabled/lvsctl-${name}.conf`,
      template: 'apache/site.conf',
    },
  },
};
