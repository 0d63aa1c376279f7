import { trackWeight } from '../../src/rules/track-weight.js';
import { testRule } from './cases.js';

/** A second director and VRRP. */
const two = (vrrp: string, more = '') => ({
  'realServers:': `  - { name: lb2, address: 192.168.80.81/24, interface: ens33, outside: ens37, outsideAddress: 12.0.0.3/24${more} }
vrrp: { virtualRouterId: 50${vrrp} }
realServers:`,
  'outside: ens37 }': 'outside: ens37, outsideAddress: 12.0.0.2/24 }',
});

testRule(trackWeight, [
  {
    title: 'takes a weight that is enough',
    edits: two(', track: { processes: [{ process: nginx, weight: -30 }] }'),
  },
  { title: 'takes none: a fault', edits: two(', track: { interfaces: [{ interface: ens33 }] }') },
  {
    title: 'warns when the master stays master',
    edits: two(', track: { processes: [{ process: nginx, weight: -20 }] }'),
    says: [{ line: 8, message: "the master's priority is still 80", remedy: '-21' }],
  },
]);
