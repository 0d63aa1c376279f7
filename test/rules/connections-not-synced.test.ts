import { connectionsNotSynced } from '../../src/rules/connections-not-synced.js';
import { testRule } from './cases.js';

/** A second director and VRRP. */
const two = (vrrp: string, more = '') => ({
  'realServers:': `  - { name: lb2, address: 192.168.80.81/24, interface: ens33, outside: ens37, outsideAddress: 12.0.0.3/24${more} }
vrrp: { virtualRouterId: 50${vrrp} }
realServers:`,
  'outside: ens37 }': 'outside: ens37, outsideAddress: 12.0.0.2/24 }',
});

testRule(connectionsNotSynced, [
  { title: 'says nothing of one director' },
  { title: 'takes synced ones', edits: two(', connectionSync: true') },
  {
    title: 'says what happens without',
    edits: two(''),
    says: [{ line: 8, message: 'open connections break', remedy: 'connectionSync: true' }],
  },
]);
