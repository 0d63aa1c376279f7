import { noWeightLeft } from '../../src/rules/no-weight-left.js';
import { testRule } from './cases.js';

testRule(noWeightLeft, [
  { title: 'takes a service with one server left', edits: { 'port: 80': 'port: 80, weights: { web1: 0 }' } },
  {
    title: 'warns when all are drained',
    edits: { 'port: 80': 'port: 80, weights: { web1: 0, web2: 0 }' },
    says: [{ line: 15, message: 'every real server of this service has weight 0' }],
  },
]);
