import { portZeroWithoutPersistence } from '../../src/rules/port-zero-without-persistence.js';
import { testRule } from './cases.js';

testRule(portZeroWithoutPersistence, [
  { title: 'takes a port' },
  { title: 'takes port 0 with persistence', edits: { 'port: 80': 'port: 0, persistence: 300' } },
  { title: 'takes a firewall mark', edits: { 'port: 80': 'fwmark: 50, ports: [80]' } },
  {
    title: 'refuses port 0 without',
    edits: { 'port: 80': 'port: 0' },
    says: [{ line: 15, message: 'port 0 stands for every port', remedy: 'add `persistence: 300`' }],
  },
  {
    title: 'refuses port 0 where persistence is switched off again',
    edits: { 'mode: nat': 'mode: nat\npersistence: 300', 'port: 80': 'port: 0, persistence: 0' },
    says: [{ line: 16, message: 'port 0 stands for every port' }],
  },
]);
