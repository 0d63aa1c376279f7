import { directPortDiffers } from '../../src/rules/direct-port-differs.js';
import { testRule } from './cases.js';

testRule(directPortDiffers, [
  { title: 'lets NAT map ports', edits: { '{ port: 80 }': '{ port: 80, targetPort: 8080 }' } },
  { title: 'takes DR to the same port', edits: { 'mode: nat': 'mode: dr' } },
  {
    title: 'refuses another port with DR and TUN',
    edits: {
      '- { port: 80 }':
        '- { port: 80, targetPort: 8080, mode: dr }\n  - { port: 81, targetPort: 8081, mode: tun }',
    },
    says: [
      { line: 15, message: 'mode dr cannot send port 80 to port 8080' },
      { line: 16, message: 'mode tun cannot send port 81 to port 8081' },
    ],
  },
]);
