import { modeNotBuilt } from '../../src/rules/mode-not-built.js';
import { testRule } from './cases.js';

testRule(modeNotBuilt, [
  {
    title: 'takes NAT and direct routing',
    edits: { '- { port: 80 }': '- { port: 80, mode: dr }\n  - { port: 82 }' },
  },
  {
    title: 'refuses tunnels',
    edits: { '- { port: 80 }': '- { port: 81, mode: tun }' },
    says: [{ line: 15, message: 'mode tun is not built yet' }],
  },
]);
