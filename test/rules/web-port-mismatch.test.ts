import { webPortMismatch } from '../../src/rules/web-port-mismatch.js';
import { testRule } from './cases.js';

testRule(webPortMismatch, [
  { title: 'takes the port of the service', edits: { 'port: 80': 'port: 80, targetPort: 8080' } },
  {
    title: 'takes any port under a service for every port',
    edits: { 'port: 80': 'port: 0, persistence: 60' },
  },
  {
    title: 'warns of a port that nobody sends to',
    edits: { 'server: nginx': 'server: nginx, port: 8080' },
    says: [
      {
        line: 8,
        host: 'web1',
        message: "web1's web server listens on port 8080, and the services send to 80",
        remedy: '`targetPort: 8080`',
      },
    ],
  },
]);
