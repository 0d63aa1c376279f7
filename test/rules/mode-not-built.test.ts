import { modeNotBuilt } from '../../src/rules/mode-not-built.js';
import { testRule } from './cases.js';

testRule(modeNotBuilt, [
  { title: 'takes NAT' },
  {
    title: 'refuses direct routing and tunnels',
    edits: { '- { port: 80 }': '- { port: 80, mode: dr }\n  - { port: 81, mode: tun }\n  - { port: 82 }' },
    says: [
      { line: 15, message: 'mode dr is not built yet' },
      { line: 16, message: 'mode tun is not built yet' },
    ],
  },
]);
