import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { end, type Process } from '../../src/lab/process.js';
import { startQemu } from '../../src/lab/qemu.js';

/** Stands in for QEMU: plugs in for a while, then answers its monitor. */
const program = `#!${process.execPath}
const { appendFileSync } = require('node:fs');
const [name, path] = [process.argv[process.argv.indexOf('-name') + 1], /path=([^ ]*qmp)/.exec(process.argv.join(' '))[1]];
const told = what => appendFileSync(process.env.LAB_STATE, what + ' ' + name + '\\n');
told('plugs');
setTimeout(() => {
  told('plugged');
  require('node:net').createServer(socket => {
    socket.write('{"QMP":{}}\\n');
    socket.on('data', text => socket.write(/status/.test(text) ? '{"return":{"status":"running"}}\\n' : '{"return":{}}\\n'));
  }).listen(path);
}, 200);
`;
let directory: string;
const started: Process[] = [];

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'lvsctl-qemu-'));
  const file = join(directory, 'qemu-system-x86_64');
  writeFileSync(file, program);
  chmodSync(file, 0o755);
  vi.stubEnv('PATH', `${directory}:${process.env.PATH}`);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await Promise.all(started.map(end));
  rmSync(directory, { recursive: true });
});

it('guests of one lab that start together plug their cards in one after the other', async () => {
  const told = join(directory, 'told');
  const start = (name: string) =>
    startQemu(
      {
        name,
        accelerator: 'tcg',
        memory: 256,
        kernel: '/kernel',
        initrd: '/initrd',
        disk: '/disk',
        qmpSocket: join(directory, `${name}.qmp`),
        channelSocket: join(directory, `${name}.channel`),
        consoleLog: '/dev/null',
        cards: [],
        restore: true,
      },
      { log: join(directory, `${name}.log`), lock: join(directory, 'plugging'), state: told },
      async guest => {
        started.push(guest);
      },
    );
  await Promise.all(['lb1', 'web1', 'web2'].map(start));
  const lines = readFileSync(told, 'utf8').trim().split('\n');
  const names = [...new Set(lines.map(line => line.split('/')[1]))];
  expect(names.toSorted()).toEqual(['lb1', 'web1', 'web2']);
  expect(lines).toEqual(names.flatMap(name => [`plugs lab/${name}`, `plugged lab/${name}`]));
});
