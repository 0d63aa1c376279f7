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
    title:
      'takes a management router beside the hosts whose gateway it stands in for, wherever the others are',
    edits: {
      'mode: nat': 'mode: nat\nmanagement: { network: 10.9.0.0/16, via: 192.168.80.253 }',
      '192.168.80.30/24': '192.168.8.30/24',
    },
  },
  {
    title: 'refuses a management router that a host cannot reach',
    edits: { 'mode: nat': 'mode: nat\nmanagement: { network: 10.9.0.0/16, via: 192.168.8.253 }' },
    says: ['web1', 'web2'].map(host => ({
      line: 3,
      host,
      message: `the management router 192.168.8.253 is outside ${host}'s network 192.168.80.0/24`,
      remedy: 'has in 192.168.80.0/24',
    })),
  },
  {
    title: 'has nothing to say of a management router where no default route is ours',
    edits: {
      'mode: nat': 'mode: dr\nmanagement: { network: 10.9.0.0/16, via: 192.168.8.253 }',
      'vip: 12.0.0.1/24': 'vip: 192.168.80.8/24',
      ', outside: ens37': '',
    },
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
