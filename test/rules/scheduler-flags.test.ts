import { schedulerFlags } from '../../src/rules/scheduler-flags.js';
import { testRule } from './cases.js';

testRule(schedulerFlags, [
  {
    title: 'takes the flags of sh',
    edits: { 'port: 80': 'port: 80, scheduler: sh, flags: [sh-fallback, sh-port]' },
  },
  { title: 'takes the flags of mh', edits: { 'port: 80': 'port: 80, scheduler: mh, flags: [mh-port]' } },
  {
    title: 'refuses flags of another scheduler',
    edits: { 'port: 80': 'port: 80, flags: [sh-port]' },
    says: [{ line: 15, message: 'sh-port is a flag of the scheduler sh, and this service uses rr' }],
  },
  {
    title: 'refuses flags of mh with sh',
    edits: { 'port: 80': 'port: 80, scheduler: sh, flags: [sh-port, mh-port]' },
    says: [{ line: 15, message: 'mh-port is a flag of the scheduler mh', remedy: '`scheduler: mh`' }],
  },
]);
