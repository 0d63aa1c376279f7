import { gatewayVipMissing } from '../../src/rules/gateway-vip-missing.js';
import { testRule } from './cases.js';

const second =
  '  - { name: lb2, address: 192.168.80.81/24, outside: ens37 }\nvrrp: { virtualRouterId: 50 }\n';

testRule(gatewayVipMissing, [
  { title: 'takes one director with its own address' },
  {
    title: 'takes one that moves',
    edits: { 'realServers:': `${second}gatewayVip: 192.168.80.254/24\nrealServers:` },
  },
  { title: 'leaves DR alone', edits: { 'mode: nat': 'mode: dr', 'realServers:': `${second}realServers:` } },
  {
    title: 'refuses several directors without it',
    edits: { 'realServers:': `${second}realServers:` },
    says: [{ line: 7, host: 'lb2', message: 'there are several directors and no `gatewayVip`' }],
  },
]);
