import { shTableFull } from '../../src/rules/sh-table-full.js';
import { testRule } from './cases.js';

testRule(shTableFull, [
  { title: 'takes 256', edits: { 'port: 80': 'port: 80, scheduler: sh, weights: { web1: 128, web2: 128 }' } },
  {
    title: 'warns of more',
    edits: { 'port: 80': 'port: 80, scheduler: sh, weights: { web1: 200, web2: 100 }' },
    says: [{ line: 15, message: 'the weights add up to 300, and the scheduler sh has 256 buckets' }],
  },
  {
    title: 'does not mind with other schedulers',
    edits: { 'port: 80': 'port: 80, scheduler: wrr, weights: { web1: 300 }' },
  },
]);
