import { vrrpWords } from '../../src/rules/vrrp-words.js';
import { testRule } from './cases.js';

/** A second director and VRRP. */
const two = (vrrp: string, more = '') => ({
  'realServers:': `  - { name: lb2, address: 192.168.80.81/24, interface: ens33, outside: ens37, outsideAddress: 12.0.0.3/24${more} }
vrrp: { virtualRouterId: 50${vrrp} }
realServers:`,
  'outside: ens37 }': 'outside: ens37, outsideAddress: 12.0.0.2/24 }',
});

process.env.LOGNAME_FOR_TEST = 'secret';

testRule(vrrpWords, [
  { title: 'takes fractions without a password', edits: two(', advertInt: 0.5') },
  {
    title: 'refuses fractions with a password',
    edits: two(', advertInt: 0.5, authPass: { env: LOGNAME_FOR_TEST }'),
    says: [{ line: 8, message: 'need version 3 of VRRP, which has no password' }],
  },
  {
    title: 'refuses a group that is none',
    edits: two(', multicastGroup: 10.0.0.1'),
    says: [{ line: 8, message: '10.0.0.1 is not a multicast group' }],
  },
  {
    title: 'refuses one id for both instances',
    edits: {
      ...two(', gatewayVirtualRouterId: 50'),
      'mode: nat': 'mode: nat\ngatewayVip: 192.168.80.254/24',
    },
    says: [{ line: 9, message: 'have one virtualRouterId, 50' }],
  },
]);
