import { severalDirectorsNotBuilt } from '../../src/rules/several-directors-not-built.js';
import { testRule } from './cases.js';

testRule(severalDirectorsNotBuilt, [
  { title: 'takes one director' },
  {
    title: 'refuses a second one',
    edits: {
      'realServers:':
        '  - { name: lb2, address: 192.168.80.81/24, outside: ens37 }\nvrrp: { virtualRouterId: 50 }\nrealServers:',
    },
    says: [{ line: 7, host: 'lb2', message: 'lb2 would be a second director' }],
  },
]);
