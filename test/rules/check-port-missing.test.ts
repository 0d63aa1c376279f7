import { checkPortMissing } from '../../src/rules/check-port-missing.js';
import { testRule } from './cases.js';

testRule(checkPortMissing, [
  {
    title: "takes the service's own port",
    edits: {
      'mode: nat': 'mode: nat\nkeepalived: {}',
      'port: 80': 'port: 80, checks: [{ type: TCP_CHECK }]',
    },
  },
  {
    title: 'takes a check of a mark that names its port, and one that needs none',
    edits: {
      'mode: nat': 'mode: nat\nkeepalived: {}',
      'port: 80': 'fwmark: 5, ports: [80], checks: [{ type: TCP_CHECK, port: 80 }, { type: PING_CHECK }]',
    },
  },
  {
    title: 'refuses a check of a mark that names none',
    edits: {
      'mode: nat': 'mode: nat\nkeepalived: {}',
      'port: 80': 'fwmark: 5, ports: [80], checks: [{ type: TCP_CHECK }]',
    },
    says: [{ line: 16, message: 'does not say which port it asks', remedy: 'add `port:`' }],
  },
]);
