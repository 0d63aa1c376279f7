import { sorryWithoutKeepalived } from '../../src/rules/sorry-without-keepalived.js';
import { testRule } from './cases.js';

testRule(sorryWithoutKeepalived, [
  {
    title: 'takes a page with keepalived',
    edits: { 'mode: nat': 'mode: nat\nkeepalived: {}', 'port: 80': 'port: 80, sorryPage: back soon' },
  },
  {
    title: 'refuses a page that nobody would put in place',
    edits: { 'port: 80': 'port: 80, sorryPage: back soon' },
    says: [{ line: 15, message: 'nobody notices', remedy: 'keepalived: {}' }],
  },
  {
    title: 'refuses a server that nobody would put in place',
    edits: { 'port: 80': 'port: 80, sorryServer: { address: 192.168.80.30 }' },
    says: [{ line: 15, message: 'nobody notices' }],
  },
]);
