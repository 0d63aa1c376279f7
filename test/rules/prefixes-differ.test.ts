import { prefixesDiffer } from '../../src/rules/prefixes-differ.js';
import { testRule } from './cases.js';

testRule(prefixesDiffer, [
  { title: 'takes one prefix length' },
  {
    title: 'warns of two',
    edits: { '192.168.80.20/24': '192.168.80.20/16' },
    says: [
      { line: 9, host: 'web2', message: 'web2 has the prefix length 16, and lb1 in the same network has 24' },
    ],
  },
]);
