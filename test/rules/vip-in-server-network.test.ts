import { vipInServerNetwork } from '../../src/rules/vip-in-server-network.js';
import { testRule } from './cases.js';

testRule(vipInServerNetwork, [
  { title: 'takes a VIP outside' },
  {
    title: 'warns of a cluster in one network, once',
    edits: { '12.0.0.1/24': '192.168.80.100/24', '- { port: 80 }': '- { port: 80 }\n  - { port: 443 }' },
    says: [{ line: 15, message: "the VIP 192.168.80.100 lies in the real servers' network 192.168.80.0/24" }],
  },
]);
