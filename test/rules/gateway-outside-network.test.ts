import { gatewayOutsideNetwork } from '../../src/rules/gateway-outside-network.js';
import { testRule } from './cases.js';

testRule(gatewayOutsideNetwork, [
  { title: "takes the director's inside address" },
  {
    title: 'refuses a gateway that the host cannot reach',
    edits: { 'address: 192.168.80.10/24,': 'address: 192.168.80.10/24, gateway: 192.168.8.80,' },
    says: [
      {
        line: 8,
        host: 'web1',
        message: "web1's gateway 192.168.8.80 is outside its network 192.168.80.0/24",
      },
    ],
  },
  {
    title: 'refuses an extra gateway address outside the inside network',
    edits: { 'outside: ens37': 'outside: ens37, gateway: 192.168.8.254/24' },
    says: [
      {
        line: 6,
        host: 'lb1',
        message: "the gateway address 192.168.8.254/24 is outside lb1's inside network 192.168.80.0/24",
      },
      { line: 8, host: 'web1', message: "web1's gateway 192.168.8.254 is outside its network" },
      { line: 9, host: 'web2', message: "web2's gateway 192.168.8.254 is outside its network" },
    ],
  },
]);
