import { proxySettings } from '../../src/rules/proxy-settings.js';
import { testRule } from './cases.js';

testRule(proxySettings, [
  { title: 'leaves ipvs alone', edits: { '{ port: 80 }': '{ port: 80, scheduler: nq, persistence: 60 }' } },
  { title: 'takes what nginx has', edits: { '{ port: 80 }': '{ port: 80, mode: proxy, scheduler: wlc }' } },
  {
    title: 'refuses what it has nothing like',
    edits: {
      '- { port: 80 }':
        '- { port: 80, mode: proxy, scheduler: nq }\n  - { port: 53, mode: proxy, protocol: udp, persistence: 60 }\n  - { fwmark: 5, ports: [81], mode: proxy }',
    },
    says: [
      { line: 15, message: 'mode proxy knows no scheduler nq', remedy: 'rr, wrr' },
      { line: 16, message: 'mode proxy knows no udp' },
      { line: 16, message: 'mode proxy knows no persistence', remedy: 'scheduler: sh' },
      { line: 17, message: 'mode proxy knows no firewall mark' },
    ],
  },
]);
