import { quorum } from '../../src/rules/quorum.js';
import { testRule } from './cases.js';

testRule(quorum, [
  {
    title: 'takes one that is reached',
    edits: { 'mode: nat': 'mode: nat\nkeepalived: {}', 'port: 80': 'port: 80, quorum: 2, hysteresis: 1' },
  },
  { title: 'says nothing without keepalived', edits: { 'port: 80': 'port: 80, quorum: 9' } },
  {
    title: 'refuses one above the weights',
    edits: { 'mode: nat': 'mode: nat\nkeepalived: {}', 'port: 80': 'port: 80, quorum: 3' },
    says: [{ line: 16, message: 'weigh 2 together', remedy: 'quorum: 2' }],
  },
  {
    title: 'refuses a hysteresis as large',
    edits: { 'mode: nat': 'mode: nat\nkeepalived: {}', 'port: 80': 'port: 80, hysteresis: 1' },
    says: [{ line: 16, message: 'never count as lost' }],
  },
]);
