import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sysctlEntry } from '../../src/resources/sysctl-entry.js';
import { attempt, carryOut, lawOfKind, runs } from './law.js';

const key = (root: string) => `${root}/sysctl.conf net.ipv4.ip_forward`;
const one = { value: '1' };
const block = (body: string, note = '') => `# BEGIN lvsctl web${note}\n${body}\n# END lvsctl web\n`;
const forward = 'net.ipv4.ip_forward = 1';

describe('an entry of sysctl.conf', () => {
  it('is read from the lines of our block, white space aside', () => {
    const output =
      '>/etc/sysctl.conf\n|# by lvsctl\n|net.ipv4.ip_forward=1\n|  net.ipv4.tcp_rmem =\t4096 \t131072   6291456 \n>/etc/other\n';
    expect([...sysctlEntry.parse(output)]).toEqual([
      ['/etc/sysctl.conf net.ipv4.ip_forward', { value: '1' }],
      ['/etc/sysctl.conf net.ipv4.tcp_rmem', { value: '4096 131072 6291456' }],
    ]);
  });

  it('is unreadable rather than guessed', () => {
    expect(() => sysctlEntry.parse('net.ipv4.ip_forward = 1\n')).toThrow('not a line of a block');
  });

  it('keeps forwarding first, because it resets other values', () => {
    const root = mkdtempSync(join(tmpdir(), 'lvsctl-'));
    for (const name of ['net.ipv4.conf.all.send_redirects', 'net.ipv4.ip_forward', 'net.ipv4.vs.conntrack'])
      for (const step of sysctlEntry.steps({ key: `${root}/s ${name}`, after: { value: '0' } }))
        carryOut(step);
    expect(readFileSync(join(root, 's'), 'utf8')).toBe(
      block(
        'net.ipv4.ip_forward = 0\nnet.ipv4.conf.all.send_redirects = 0\nnet.ipv4.vs.conntrack = 0',
        ' (new file)',
      ),
    );
    rmSync(root, { recursive: true });
  });

  it('refuses a block whose end is missing, and leaves the file', () => {
    const root = mkdtempSync(join(tmpdir(), 'lvsctl-'));
    const broken = `# BEGIN lvsctl web\n${forward}\nforeign = 1\n`;
    writeFileSync(join(root, 'sysctl.conf'), broken);
    for (const command of [
      sysctlEntry.probe([key(root)]),
      ...sysctlEntry.steps({ key: key(root), after: one }),
    ])
      expect(attempt(command)).toMatchObject({
        status: 1,
        stderr: `${root}/sysctl.conf: the line "# END lvsctl web" is missing: put it back, or remove the BEGIN line\n`,
      });
    expect(readFileSync(join(root, 'sysctl.conf'), 'utf8')).toBe(broken);
    rmSync(root, { recursive: true });
  });
});

lawOfKind(sysctlEntry, [
  { key: '/etc/sysctl.conf net.ipv4.ip_forward', after: one },
  { key: '/etc/sysctl.conf net.ipv4.vs.conntrack', before: { value: '0' }, after: one },
]);

const foreign = Buffer.from(
  'a = 1\r\nb = \xff\xfe\x00\n\nnet.ipv4.ip_forward=0\n# END lvsctl web2\n',
  'latin1',
);
runs(sysctlEntry, [
  {
    title: 'a block is appended; foreign bytes stay',
    files: { 'sysctl.conf': foreign },
    key,
    before: null,
    after: one,
    bytes: { 'sysctl.conf': Buffer.concat([foreign, Buffer.from(block(forward))]) },
  },
  {
    title: 'a last line without a newline comes back as it was',
    files: { 'sysctl.conf': 'a = 1\r\nb = 2' },
    key,
    after: one,
    bytes: { 'sysctl.conf': `a = 1\r\nb = 2\n${block(forward, ' (no newline before)')}` },
  },
  {
    title: 'a file that did not exist goes again',
    key,
    after: one,
    bytes: { 'sysctl.conf': block(forward, ' (new file)') },
  },
  { title: 'an empty file stays empty', files: { 'sysctl.conf': '' }, key, after: one },
  {
    title: 'a link stays a link',
    files: { 'sysctl.conf': { link: 'real' }, real: 'x = 1\n' },
    key,
    after: one,
    bytes: { real: `x = 1\n${block(forward)}` },
  },
  {
    title: 'an entry is changed where it stands, beside another one',
    files: {
      'sysctl.conf': `a = 1\n${block('net.ipv4.ip_forward = 0\nnet.ipv4.vs.conntrack = 1')}after = 1`,
    },
    key,
    before: { value: '0' },
    after: one,
    bytes: { 'sysctl.conf': `a = 1\n${block(`${forward}\nnet.ipv4.vs.conntrack = 1`)}after = 1` },
  },
  {
    title: 'another cluster’s block is not ours',
    files: { 'sysctl.conf': '# BEGIN lvsctl web2\nnet.ipv4.ip_forward = 0\n# END lvsctl web2\n' },
    key,
    before: null,
    after: one,
  },
]);
