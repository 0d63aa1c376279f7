import { expect, it } from 'vitest';
import { savedService } from '../../src/resources/saved-service.js';
import { lawOfKind, runs } from './law.js';

/** /etc/ipvsadm.rules as Debian 12 ships it. */
const shipped = '# emtpy rules file for ipvsadm\n';
const rules = [
  '-A -t 12.0.0.1:80 -s rr',
  '-a -t 12.0.0.1:80 -r 192.168.80.10:80 -m -w 1',
  '-a -t 12.0.0.1:80 -r 192.168.80.20:80 -m -w 1',
];
const after = { rules: rules.join('\n') };
const key = (root: string) => `${root}/rules tcp 12.0.0.1:80`;
const others =
  '-A -t 12.0.0.1:8080 -s wlc\n-A -u 12.0.0.1:80 -s rr\n-a -u 12.0.0.1:80 -r 10.0.0.1:80 -m -w 1';

it('a service is its own lines, the servers sorted', () => {
  const output = `>/etc/ipvsadm.rules tcp 12.0.0.1:80\n|${rules[0]}\n|${rules[2]} \n|${rules[1]}\n>/etc/ipvsadm.rules udp 12.0.0.1:53\n`;
  expect([...savedService.parse(output)]).toEqual([['/etc/ipvsadm.rules tcp 12.0.0.1:80', after]]);
});

lawOfKind(savedService, [
  { key: '/etc/ipvsadm.rules tcp 12.0.0.1:80', after },
  { key: '/etc/ipvsadm.rules udp 12.0.0.1:53', before: { rules: rules[0]! }, after },
]);
runs(savedService, [
  {
    title: 'a service joins Debian’s empty file',
    files: { rules: shipped },
    key,
    before: null,
    after,
    bytes: { rules: `${shipped}${after.rules}\n` },
  },
  {
    title: 'other services and comments stay, the lines change where they stand',
    files: { rules: `# x -t 12.0.0.1:80 -x\n${rules[0]}\n${others}` },
    key,
    before: { rules: rules[0]! },
    after,
    bytes: { rules: `# x -t 12.0.0.1:80 -x\n${after.rules}\n${others}` },
  },
  { title: 'a file without a last newline', files: { rules: others }, key, after },
  {
    title: 'a file that is not there',
    key,
    before: null,
    after,
    bytes: { rules: `ipvsadm\n${after.rules}\n` },
  },
]);
