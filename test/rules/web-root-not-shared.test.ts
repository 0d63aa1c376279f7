import { webRootNotShared } from '../../src/rules/web-root-not-shared.js';
import { testRule } from './cases.js';

testRule(webRootNotShared, [
  { title: 'takes a mount on the web root' },
  { title: 'takes a mount below it', edits: { 'at: /var/www/html': 'at: /var/www/html/img' } },
  { title: 'takes a mount above it', edits: { 'at: /var/www/html': 'at: /var/www' } },
  {
    title: "warns of the tutorial's /myshare",
    edits: { 'at: /var/www/html': 'at: /myshare' },
    says: [
      {
        line: 8,
        host: 'web1',
        message: 'web1 mounts kgc at /myshare, and its web server serves /var/www/html',
      },
    ],
  },
]);
