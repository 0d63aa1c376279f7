import { oneServerGetsAll } from '../../src/rules/one-server-gets-all.js';
import { testRule } from './cases.js';

testRule(oneServerGetsAll, [
  { title: 'takes schedulers that spread' },
  {
    title: 'warns of schedulers by destination',
    edits: {
      'scheduler: rr': 'scheduler: dh',
      '- { port: 80 }': '- { port: 80 }\n  - { port: 81, scheduler: lblcr }',
    },
    says: [
      { line: 15, message: 'dh chooses by destination address, which is always 12.0.0.1' },
      { line: 16, message: 'lblcr chooses by destination address' },
    ],
  },
  {
    title: 'does not mind with one server',
    edits: { 'port: 80': 'port: 80, scheduler: dh, servers: [web1]' },
  },
]);
