import { sorryPagePort } from '../../src/rules/sorry-page-port.js';
import { testRule } from './cases.js';

testRule(sorryPagePort, [
  {
    title: 'takes a page of a TCP service',
    edits: { 'mode: nat': 'mode: nat\nkeepalived: {}', 'port: 80': 'port: 80, sorryPage: back soon' },
  },
  {
    title: 'refuses a page for UDP',
    edits: {
      'mode: nat': 'mode: nat\nkeepalived: {}',
      'port: 80': 'port: 53, protocol: udp, sorryPage: back soon',
    },
    says: [{ line: 16, message: 'served by HTTP' }],
  },
  {
    title: 'refuses a page for every port',
    edits: {
      'mode: nat': 'mode: nat\nkeepalived: {}',
      'port: 80': 'port: 0, persistence: 60, sorryPage: back soon',
    },
    says: [{ line: 16, message: 'this one has none' }],
  },
]);
