import { duplicateAddress } from '../../src/rules/duplicate-address.js';
import { testRule } from './cases.js';

testRule(duplicateAddress, [
  { title: 'takes addresses that differ' },
  {
    title: 'refuses an address that another host has',
    edits: { '192.168.80.20/24': '192.168.80.10/24' },
    says: [{ line: 9, host: 'web2', message: "web2 has the address 192.168.80.10, which is web1's" }],
  },
  {
    title: 'counts the client and the extra gateway address',
    edits: {
      'outside: ens37': 'outside: ens37, gateway: 192.168.80.30/24',
      '12.0.0.12/24': '192.168.80.20/24',
    },
    says: [
      { line: 11, host: 'nas', message: "nas has the address 192.168.80.30, which is lb1's" },
      { line: 16, host: 'client', message: "client has the address 192.168.80.20, which is web2's" },
    ],
  },
  {
    title: 'refuses an extra gateway address that is the base address',
    edits: { 'outside: ens37': 'outside: ens37, gateway: 192.168.80.80/24' },
    says: [{ line: 6, host: 'lb1', message: 'which it has already' }],
  },
]);
