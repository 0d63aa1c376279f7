import { gatewayIsDirector } from '../../src/rules/gateway-is-director.js';
import { testRule } from './cases.js';

testRule(gatewayIsDirector, [
  { title: 'takes the director as gateway with NAT' },
  {
    title: 'takes a router with DR',
    edits: {
      'mode: nat': 'mode: dr',
      'address: 192.168.80.10/24,': 'address: 192.168.80.10/24, gateway: 192.168.80.1,',
    },
  },
  {
    title: 'refuses the director with DR',
    edits: {
      'mode: nat': 'mode: dr',
      'address: 192.168.80.10/24,': 'address: 192.168.80.10/24, gateway: 192.168.80.80,',
    },
    says: [{ line: 8, host: 'web1', message: "web1's gateway 192.168.80.80 is the director lb1" }],
  },
]);
