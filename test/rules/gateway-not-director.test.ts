import { gatewayNotDirector } from '../../src/rules/gateway-not-director.js';
import { testRule } from './cases.js';

testRule(gatewayNotDirector, [
  { title: "takes the director's inside address" },
  {
    title: "takes the director's inside address when it is written",
    edits: { 'address: 192.168.80.10/24,': 'address: 192.168.80.10/24, gateway: 192.168.80.80,' },
  },
  {
    title: 'refuses a router in the same network',
    edits: { 'address: 192.168.80.10/24,': 'address: 192.168.80.10/24, gateway: 192.168.80.1,' },
    says: [
      {
        line: 8,
        host: 'web1',
        message: "web1's gateway 192.168.80.1 is not the director: its replies would bypass the director",
        remedy: 'write `gateway: 192.168.80.80`',
      },
    ],
  },
  {
    title: "refuses the director's base address when the director has an extra one for this",
    edits: {
      'outside: ens37': 'outside: ens37, gateway: 192.168.80.254/24',
      'address: 192.168.80.10/24,': 'address: 192.168.80.10/24, gateway: 192.168.80.80,',
    },
    says: [
      { line: 8, host: 'web1', message: 'is not the director', remedy: 'write `gateway: 192.168.80.254`' },
    ],
  },
  {
    title: 'takes the gateway VIP that moves between directors',
    edits: {
      'realServers:': 'gatewayVip: 192.168.80.254/24\nrealServers:',
      'address: 192.168.80.10/24,': 'address: 192.168.80.10/24, gateway: 192.168.80.254,',
    },
  },
  {
    title: "refuses one director's own address where the gateway VIP moves",
    edits: {
      'realServers:': 'gatewayVip: 192.168.80.254/24\nrealServers:',
      'address: 192.168.80.10/24,': 'address: 192.168.80.10/24, gateway: 192.168.80.80,',
    },
    says: [
      { line: 9, host: 'web1', message: 'is not the director', remedy: 'write `gateway: 192.168.80.254`' },
    ],
  },
  {
    title: 'leaves a gateway outside the network to its own rule',
    edits: { 'address: 192.168.80.10/24,': 'address: 192.168.80.10/24, gateway: 10.0.0.1,' },
  },
]);
