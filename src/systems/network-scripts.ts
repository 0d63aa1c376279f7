import { debian } from './debian.js';
import type { System } from './system.js';

/**
 * Enterprise Linux with network-scripts, as far as files go: `lvsctl render` writes them, and a live host of this
 * family is refused (see families.ts). An alias of lo is neither asked for by ARP nor announced by ifup-aliases.
 */
export const networkScripts: System = {
  ...debian,
  interfacesFile: undefined,
  tunnelsFile: undefined,
  routes: {
    file: device => `/etc/sysconfig/network-scripts/route-${device}`,
    template: 'network/route',
    mode: '0644',
  },
  ipvsRules: '/etc/sysconfig/ipvsadm',
  ipvsSwitch: undefined,
  packages: {
    ...debian.packages,
    nfsServer: ['nfs-utils'],
    nfsClient: ['nfs-utils'],
    web: { nginx: ['nginx'], apache: ['httpd'] },
  },
  web: {
    nginx: debian.web.nginx,
    apache: {
      ...debian.web.apache,
      unit: 'httpd.service',
      site: name => `/etc/httpd/conf.d/lvsctl-${name}.conf`,
    },
  },
};
