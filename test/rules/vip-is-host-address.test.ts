import { vipIsHostAddress } from '../../src/rules/vip-is-host-address.js';
import { testRule } from './cases.js';

testRule(vipIsHostAddress, [
  { title: 'takes a VIP of its own' },
  {
    title: "refuses a real server's address",
    edits: { '12.0.0.1/24': '192.168.80.10/24' },
    says: [{ line: 15, host: 'web1', message: "the VIP 192.168.80.10 is web1's own address" }],
  },
  {
    title: "refuses the client's address, and says it once for all services",
    edits: { '12.0.0.1/24': '12.0.0.12/24', '- { port: 80 }': '- { port: 80 }\n  - { port: 443 }' },
    says: [{ line: 15, host: 'client', message: "the VIP 12.0.0.12 is client's own address" }],
  },
  {
    title: 'looks at the VIP of each service',
    edits: { '- { port: 80 }': '- { port: 80 }\n  - { port: 443, vip: 192.168.80.30/32 }' },
    says: [{ line: 16, host: 'nas', message: "the VIP 192.168.80.30 is nas's own address" }],
  },
]);
