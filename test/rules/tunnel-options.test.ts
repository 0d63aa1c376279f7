import { tunnelOptions } from '../../src/rules/tunnel-options.js';
import { testRule } from './cases.js';

const tun = (tunnel: string) => ({ '- { port: 80 }': `- { port: 80, mode: tun, tunnel: ${tunnel} }` });
const says = (message: string, remedy: string) => [{ line: 15, message, remedy }];

testRule(tunnelOptions, [
  { title: 'takes IP in IP', edits: tun('{ type: ipip, mtu: 1400 }') },
  { title: 'takes gue with a port', edits: tun('{ type: gue, port: 6080 }') },
  { title: 'takes gue with either checksum', edits: tun('{ type: gue, port: 6080, checksum: remcsum }') },
  { title: 'takes gre', edits: tun('{ type: gre }') },
  {
    title: 'looks only at services that use a tunnel',
    edits: { '- { port: 80 }': '- { port: 80, tunnel: { type: gue } }' },
  },
  {
    title: 'finds gue without a port',
    edits: tun('{ type: gue }'),
    says: says('the tunnel type gue has no port', 'write `tunnel: { type: gue, port: 6080 }`'),
  },
  {
    title: 'finds a port where there is none',
    edits: tun('{ type: gre, port: 6080 }'),
    says: says('the tunnel type gre has no port', 'remove `port`'),
  },
  {
    title: 'finds a checksum of IP in IP',
    edits: tun('{ type: ipip, checksum: csum }'),
    says: says('the tunnel type ipip has no csum', 'remove `checksum`'),
  },
  {
    title: 'finds gre with a checksum',
    edits: tun('{ type: gre, checksum: csum }'),
    says: says('gre with checksums does not arrive', 'write `type: gue`'),
  },
  {
    title: 'finds remcsum with gre',
    edits: tun('{ type: gre, checksum: remcsum }'),
    says: says('the tunnel type gre has no remcsum', 'write `type: gue`'),
  },
]);
