import { outsideInterfaceMissing } from '../../src/rules/outside-interface-missing.js';
import { testRule } from './cases.js';

testRule(outsideInterfaceMissing, [
  { title: 'takes a director that names it' },
  {
    title: 'refuses a director that does not',
    edits: { ', outside: ens37': '' },
    says: [{ line: 6, host: 'lb1', message: 'lb1 has no `outside` interface for the VIP 12.0.0.1' }],
  },
  {
    title: 'needs none when the VIP lies in the inside network',
    edits: { ', outside: ens37': '', '12.0.0.1/24': '192.168.80.100/24' },
  },
]);
