import { realServerOffLink } from '../../src/rules/real-server-off-link.js';
import { testRule } from './cases.js';

testRule(realServerOffLink, [
  { title: 'takes DR beside the director', edits: { 'mode: nat': 'mode: dr' } },
  {
    title: 'takes TUN anywhere',
    edits: { 'mode: nat': 'mode: tun', '192.168.80.20/24': '192.168.81.20/24' },
  },
  {
    title: 'refuses DR through a router',
    edits: { 'mode: nat': 'mode: dr', '192.168.80.20/24': '192.168.81.20/24' },
    says: [
      {
        line: 9,
        host: 'web2',
        message: "web2's address 192.168.81.20 is outside the director's network 192.168.80.0/24",
      },
    ],
  },
]);
