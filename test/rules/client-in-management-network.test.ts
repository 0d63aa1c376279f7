import { clientInManagementNetwork } from '../../src/rules/client-in-management-network.js';
import { testRule } from './cases.js';

const from = (network: string, mode = 'nat') => ({
  'mode: nat': `mode: ${mode}\nmanagement: { network: ${network}, via: 192.168.80.253 }`,
});

testRule(clientInManagementNetwork, [
  { title: 'takes a client when nobody manages from elsewhere' },
  { title: 'takes operators from another network than the client', edits: from('10.9.0.0/16') },
  {
    title: 'refuses a client who comes from where operators do',
    edits: from('12.0.0.0/16'),
    says: [
      {
        line: 17,
        host: 'client',
        message:
          'the client 12.0.0.12 stands in the management network 12.0.0.0/16: replies would go to 192.168.80.253',
        remedy: 'narrow `management.network`',
      },
    ],
  },
  { title: 'takes him where real servers answer clients themselves', edits: from('12.0.0.0/16', 'dr') },
]);
