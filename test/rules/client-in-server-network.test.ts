import { clientInServerNetwork } from '../../src/rules/client-in-server-network.js';
import { testRule } from './cases.js';

testRule(clientInServerNetwork, [
  { title: 'takes a client outside' },
  { title: 'takes a topology without client', edits: { 'client: { address: 12.0.0.12/24 }\n': '' } },
  {
    title: 'refuses a client beside the real servers',
    edits: { '12.0.0.12/24': '192.168.80.12/24' },
    says: [
      {
        line: 16,
        host: 'client',
        message:
          "the client 192.168.80.12 stands in the real servers' network 192.168.80.0/24: replies would bypass",
      },
    ],
  },
]);
