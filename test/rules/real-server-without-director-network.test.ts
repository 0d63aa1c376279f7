import { realServerWithoutDirectorNetwork } from '../../src/rules/real-server-without-director-network.js';
import { testRule } from './cases.js';

testRule(realServerWithoutDirectorNetwork, [
  { title: 'takes real servers beside the director' },
  {
    title: 'refuses an address out of its network',
    edits: { '192.168.80.20/24': '192.168.8.20/24' },
    says: [
      {
        line: 9,
        host: 'web2',
        message: "web2's address 192.168.8.20 is outside the director's network 192.168.80.0/24",
      },
    ],
  },
  {
    title: 'does not mind with direct routing',
    edits: { 'mode: nat': 'mode: dr', '192.168.80.20/24': '192.168.8.20/24' },
  },
]);
