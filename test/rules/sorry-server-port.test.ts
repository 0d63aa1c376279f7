import { sorryServerPort } from '../../src/rules/sorry-server-port.js';
import { testRule } from './cases.js';

testRule(sorryServerPort, [
  {
    title: 'takes another port with NAT',
    edits: {
      'mode: nat': 'mode: nat\nkeepalived: {}',
      'port: 80': 'port: 80, sorryServer: { address: 192.168.80.30, port: 8080 }',
    },
  },
  {
    title: 'takes the same port with DR',
    edits: {
      'mode: nat': 'mode: nat\nkeepalived: {}',
      'port: 80': 'port: 80, mode: dr, sorryServer: { address: 127.0.0.1, port: 80 }',
    },
  },
  {
    title: 'refuses another port with DR',
    edits: {
      'mode: nat': 'mode: nat\nkeepalived: {}',
      'port: 80': 'port: 80, mode: dr, sorryServer: { address: 127.0.0.1, port: 8080 }',
    },
    says: [{ line: 16, message: 'mode dr changes no port' }],
  },
  {
    title: 'refuses a port of its own with a firewall mark',
    edits: {
      'mode: nat': 'mode: nat\nkeepalived: {}',
      'port: 80': 'fwmark: 5, ports: [80, 443], sorryServer: { address: 192.168.80.30, port: 80 }',
    },
    says: [{ line: 16, message: 'a firewall mark stands for all its ports' }],
  },
]);
