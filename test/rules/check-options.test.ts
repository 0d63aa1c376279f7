import { checkOptions } from '../../src/rules/check-options.js';
import { testRule } from './cases.js';

testRule(checkOptions, [
  {
    title: 'takes the options of each type',
    edits: {
      'mode: nat': 'mode: nat\nkeepalived: {}',
      'port: 80':
        'port: 80, checks: [{ type: HTTP_GET, path: /, status: 200 }, { type: DNS_CHECK, name: a.b }]',
    },
  },
  {
    title: 'refuses the option of another type',
    edits: {
      'mode: nat': 'mode: nat\nkeepalived: {}',
      'port: 80': 'port: 80, checks: [{ type: TCP_CHECK, path: / }]',
    },
    says: [{ line: 16, message: 'TCP_CHECK has no path', remedy: 'type: HTTP_GET' }],
  },
  {
    title: 'refuses a MISC_CHECK without a script',
    edits: {
      'mode: nat': 'mode: nat\nkeepalived: {}',
      'port: 80': 'port: 80, checks: [{ type: MISC_CHECK }]',
    },
    says: [{ line: 16, message: 'MISC_CHECK runs a script' }],
  },
]);
