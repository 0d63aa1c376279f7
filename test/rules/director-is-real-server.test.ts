import { directorIsRealServer } from '../../src/rules/director-is-real-server.js';
import { testRule } from './cases.js';

testRule(directorIsRealServer, [
  { title: 'takes machines of their own' },
  {
    title: 'refuses a director that is to answer too',
    edits: { '192.168.80.20/24': '192.168.80.80/24' },
    says: [{ line: 9, host: 'web2', message: 'web2 is the director lb1 too' }],
  },
]);
