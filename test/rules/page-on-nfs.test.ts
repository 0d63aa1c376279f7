import { pageOnNfs } from '../../src/rules/page-on-nfs.js';
import { testRule } from './cases.js';

testRule(pageOnNfs, [
  { title: 'takes a web server on a mount without a page' },
  {
    title: 'refuses a page on a mount',
    edits: { 'server: nginx': 'server: nginx, page: hello' },
    says: [
      {
        line: 8,
        host: 'web1',
        message: "web1's page would be written onto the share kgc, mounted at /var/www/html",
      },
    ],
  },
  {
    title: 'refuses a page below a mount',
    edits: { 'server: nginx': 'server: nginx, page: hello, root: /var/www/html/shop' },
    says: [{ line: 8, host: 'web1', message: 'mounted at /var/www/html' }],
  },
  {
    title: 'takes a page beside a mount',
    edits: { 'server: nginx': 'server: nginx, page: hello, root: /var/www/html2' },
  },
]);
