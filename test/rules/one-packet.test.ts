import { onePacket } from '../../src/rules/one-packet.js';
import { testRule } from './cases.js';

testRule(onePacket, [
  { title: 'takes UDP', edits: { 'port: 80': 'port: 53, protocol: udp, onePacket: true' } },
  {
    title: 'refuses TCP',
    edits: { 'port: 80': 'port: 80, onePacket: true' },
    says: [{ line: 15, message: 'onePacket is for UDP' }],
  },
]);
