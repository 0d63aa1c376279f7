import { weightsIgnored } from '../../src/rules/weights-ignored.js';
import { testRule } from './cases.js';

testRule(weightsIgnored, [
  { title: 'takes equal weights' },
  {
    title: 'takes unequal weights with wrr',
    edits: { 'scheduler: rr': 'scheduler: wrr', 'port: 80': 'port: 80, weights: { web1: 3 }' },
  },
  { title: 'takes a drained server', edits: { 'port: 80': 'port: 80, weights: { web1: 0 }' } },
  {
    title: 'warns of unequal weights with rr',
    edits: { 'port: 80': 'port: 80, weights: { web1: 3 }' },
    says: [
      {
        line: 15,
        message: 'rr takes no account of weights, and here they differ: web1 3, web2 1',
        remedy: '`scheduler: wrr`',
      },
    ],
  },
  {
    title: 'warns of unequal weights with lc',
    edits: { 'scheduler: rr': 'scheduler: lc', '192.168.80.20/24,': '192.168.80.20/24, weight: 2,' },
    says: [{ line: 15, message: 'web1 1, web2 2', remedy: '`scheduler: wlc`' }],
  },
]);
