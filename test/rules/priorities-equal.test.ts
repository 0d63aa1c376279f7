import { prioritiesEqual } from '../../src/rules/priorities-equal.js';
import { testRule } from './cases.js';

/** A second director and VRRP. */
const two = (vrrp: string, more = '') => ({
  'realServers:': `  - { name: lb2, address: 192.168.80.81/24, interface: ens33, outside: ens37, outsideAddress: 12.0.0.3/24${more} }
vrrp: { virtualRouterId: 50${vrrp} }
realServers:`,
  'outside: ens37 }': 'outside: ens37, outsideAddress: 12.0.0.2/24 }',
});

testRule(prioritiesEqual, [
  { title: 'takes the default ones', edits: two('') },
  {
    title: 'refuses equal ones',
    edits: two('', ', priority: 100'),
    says: [{ line: 7, host: 'lb2', message: 'the same priority as lb1, 100', remedy: 'priority: 80' }],
  },
]);
