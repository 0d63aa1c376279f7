import { mountsDiffer } from '../../src/rules/mounts-differ.js';
import { testRule } from './cases.js';

testRule(mountsDiffer, [
  { title: 'takes the same share' },
  {
    title: 'warns of different shares',
    edits: {
      'kgc, at: /var/www/html }], web: { server: nginx } }\nnfs':
        'benet, at: /var/www/html }], web: { server: nginx } }\nnfs',
      '[{ name: kgc,': '[{ name: benet, path: /opt/benet, clients: 192.168.80.0/24 }, { name: kgc,',
    },
    says: [{ line: 15, message: 'web1 has kgc at /var/www/html, web2 has benet at /var/www/html' }],
  },
  {
    title: 'warns of a mount that one lacks',
    edits: { 'mounts: [{ share: kgc, at: /var/www/html }], ': '' },
    says: [{ line: 15, message: 'web1 has none, web2 has kgc at /var/www/html' }],
  },
  {
    title: 'looks at each service on its own',
    edits: { 'mounts: [{ share: kgc, at: /var/www/html }], ': '', 'port: 80': 'port: 80, servers: [web2]' },
  },
]);
