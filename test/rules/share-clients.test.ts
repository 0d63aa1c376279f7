import { shareClients } from '../../src/rules/share-clients.js';
import { testRule } from './cases.js';

testRule(shareClients, [
  { title: 'takes servers in the network of the share' },
  {
    title: 'refuses a server outside',
    edits: { 'clients: 192.168.80.0/24': 'clients: 192.168.80.0/28' },
    says: [
      {
        line: 9,
        host: 'web2',
        message: 'web2 (192.168.80.20) mounts kgc, which is exported to 192.168.80.0/28 only',
      },
    ],
  },
  {
    title: 'takes a share for one address at its word',
    edits: { 'clients: 192.168.80.0/24': 'clients: 192.168.80.20' },
    says: [{ line: 8, host: 'web1', message: 'exported to 192.168.80.20 only' }],
  },
]);
