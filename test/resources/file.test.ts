import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type FileState, file } from '../../src/resources/file.js';
import { attempt, carryOut, lawOfKind, runs } from './law.js';

const { username } = userInfo();
const group = execFileSync('id', ['-gn'], { encoding: 'utf8' }).trim();
const text: FileState = {
  content: '# ours\nline %s\\n\n',
  encoding: 'utf8',
  mode: '0644',
  owner: username,
  group,
  link: '',
};
const where = (root: string) => `${root}/conf`;

describe('a file', () => {
  it('is read as text, as base64 when it is not UTF-8, as a link', () => {
    const output =
      'file 644 root root\n/etc/issue\nRGViaWFuCg==\n' +
      'file 4755 root 1234\n/etc/latin\n//4K\n' +
      'link 777 root root\n/etc/l\nLi4vYQ==\n' +
      'file 600 root root\n/etc/empty\n\n';
    const root = { owner: 'root', group: 'root', link: '' };
    expect(Object.fromEntries(file.parse(output))).toEqual({
      '/etc/issue': { ...root, content: 'Debian\n', encoding: 'utf8', mode: '0644' },
      '/etc/latin': { ...root, content: '//4K', encoding: 'base64', mode: '4755', group: '1234' },
      '/etc/l': { ...root, content: '', encoding: 'utf8', mode: '0777', link: '../a' },
      '/etc/empty': { ...root, content: '', encoding: 'utf8', mode: '0600' },
    });
  });

  it('that is a directory or cut off is unreadable', () => {
    expect(() => file.parse('other 755 root root\n/etc/cron.d\n\n')).toThrow('/etc/cron.d is neither a file');
    expect(() => file.parse('file 644 root root\n/etc/issue\nRGVi')).toThrow('not what a file looks like');
  });

  it('over 1 MB is known by its hash, and can be kept but not made', () => {
    const root = mkdtempSync(join(tmpdir(), 'lvsctl-'));
    const bytes = Buffer.alloc(1_048_577, 'x');
    writeFileSync(where(root), bytes, { mode: 0o644 });
    const state = file.parse(carryOut(file.probe([where(root)]))).get(where(root))!;
    expect(state).toMatchObject({
      encoding: 'sha256',
      content: createHash('sha256').update(bytes).digest('hex'),
    });
    const keep = file.steps({ key: where(root), after: { ...state, mode: '0600' } });
    for (const step of keep) carryOut(step);
    expect(file.parse(carryOut(file.probe([where(root)]))).get(where(root))).toEqual({
      ...state,
      mode: '0600',
    });
    writeFileSync(where(root), 'small');
    expect(attempt(keep[0]!).stderr).toBe(`${where(root)} was larger than 1 MB: put it back by hand\n`);
    rmSync(root, { recursive: true });
  });

  it('under /etc/systemd makes systemd read its units again, once for all that change together', () => {
    const units = ['a', 'b'].map(name => ({ key: `/etc/systemd/system/${name}.service`, after: text }));
    const reloads = /case \$1 in \/etc\/systemd\/\*\) .*systemctl daemon-reload/;
    expect(file.steps(units[0]!).at(-1)!.run).toMatch(reloads);
    expect(
      file.together!([{ key: '/etc/x', after: text }, ...units]).map(({ run }) => reloads.test(run)),
    ).toEqual([false, false, false, true]);
    expect(file.together!([{ key: '/etc/x', before: text }])).toHaveLength(1);
  });
});

lawOfKind(file, [
  { key: '/etc/a', after: text },
  { key: '/etc/a', before: { ...text, link: 'b' }, after: { ...text, content: 'x' } },
]);

runs(file, [
  { title: 'a new file', key: where, before: null, after: text, bytes: { conf: text.content } },
  { title: 'a changed file', files: { conf: 'old\r\n\xff' }, key: where, after: text },
  { title: 'no text at all', files: { conf: 'old' }, key: where, after: { ...text, content: '' } },
  {
    title: 'bytes that are no text',
    files: { conf: Buffer.from([0xff, 0, 10]) },
    key: where,
    after: { ...text, content: Buffer.from([0, 0xfe, 0xff]).toString('base64'), encoding: 'base64' },
    bytes: { conf: Buffer.from([0, 0xfe, 0xff]) },
  },
  {
    title: 'a link becomes a file, and a link again',
    files: { conf: { link: 'nowhere' } },
    key: where,
    after: text,
  },
  {
    title: 'a file becomes a link, and a file again',
    files: { conf: 'old' },
    key: where,
    after: { ...text, content: '', mode: '0777', link: '../-x $y' },
  },
  { title: 'a removed file', files: { conf: 'old' }, key: where },
  {
    title: 'a drop-in whose directory goes with it',
    key: root => `${root}/nginx.service.d/lvsctl.conf`,
    after: text,
  },
  { title: 'a name that is hard to write', key: root => `${root}/-a 'b' "c" $d %s\\n`, after: text },
]);
