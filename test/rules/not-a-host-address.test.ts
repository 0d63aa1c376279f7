import { notAHostAddress } from '../../src/rules/not-a-host-address.js';
import { testRule } from './cases.js';

testRule(notAHostAddress, [
  { title: 'takes addresses of machines' },
  {
    title: 'refuses a network, a broadcast address and loopback',
    edits: {
      '192.168.80.80/24': '192.168.80.0/24',
      '192.168.80.20/24': '192.168.80.255/24',
      '12.0.0.1/24': '127.0.0.1/8',
    },
    says: [
      {
        line: 6,
        host: 'lb1',
        message: "lb1's address 192.168.80.0/24 is the address of the network 192.168.80.0/24 itself",
      },
      {
        line: 9,
        host: 'web2',
        message: "web2's address 192.168.80.255/24 is the broadcast address of 192.168.80.0/24",
      },
      { line: 15, message: 'the VIP 127.0.0.1/8 is a loopback address' },
    ],
  },
  { title: 'takes a VIP that stands alone', edits: { '12.0.0.1/24': '12.0.0.0/32' } },
]);
