import { vrrpSource } from '../../src/rules/vrrp-source.js';
import { testRule } from './cases.js';

/** A second director and VRRP. */
const two = (vrrp: string, more = '') => ({
  'realServers:': `  - { name: lb2, address: 192.168.80.81/24, interface: ens33, outside: ens37, outsideAddress: 12.0.0.3/24${more} }
vrrp: { virtualRouterId: 50${vrrp} }
realServers:`,
  'outside: ens37 }': 'outside: ens37, outsideAddress: 12.0.0.2/24 }',
});

testRule(vrrpSource, [
  { title: 'takes base addresses on both sides', edits: two('') },
  {
    title: 'refuses a director without one on the side of the VIP',
    edits: { ...two(''), 'outside: ens37 }': 'outside: ens37 }' },
    says: [{ line: 6, host: 'lb1', message: 'own address of lb1 on ens37', remedy: 'outsideAddress' }],
  },
]);
