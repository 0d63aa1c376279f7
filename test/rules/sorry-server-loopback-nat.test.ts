import { sorryServerLoopbackNat } from '../../src/rules/sorry-server-loopback-nat.js';
import { testRule } from './cases.js';

testRule(sorryServerLoopbackNat, [
  { title: 'says nothing without a sorry server' },
  {
    title: "takes a director's own address",
    edits: {
      'mode: nat': 'mode: nat\nkeepalived: {}',
      'port: 80': 'port: 80, sorryServer: { address: 192.168.80.80 }',
    },
  },
  {
    title: 'takes the loopback address with DR',
    edits: {
      'mode: nat': 'mode: nat\nkeepalived: {}',
      'port: 80': 'port: 80, mode: dr, sorryServer: { address: 127.0.0.1 }',
    },
  },
  {
    title: 'refuses the loopback address with NAT, and says why',
    edits: {
      'mode: nat': 'mode: nat\nkeepalived: {}',
      'port: 80': 'port: 80, sorryServer: { address: 127.0.0.1 }',
    },
    says: [{ line: 16, message: 'the kernel drops packets from outside', remedy: 'sorryPage' }],
  },
]);
