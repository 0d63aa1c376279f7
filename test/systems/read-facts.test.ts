import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Unreadable } from '../../src/resources/kind.js';
import { unsupported } from '../../src/systems/families.js';
import { factsProbe, linkOf, parseFacts } from '../../src/systems/read-facts.js';
import { printedFacts } from './recorded-facts.js';

const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');
const read = (...more: string[]) => parseFacts('lb1', printedFacts('192.168.80.80/24', more));

describe('the facts of a Debian host', () => {
  it('are read from what the probe prints', () => {
    expect(read()).toEqual({
      host: 'lb1',
      machineId: '5f0c6e7a8b9d4c3e2f1a0b9c8d7e6f5a',
      family: 'debian',
      release: '12',
      network: 'ifupdown',
      kernel: '6.1.0-37-cloud-amd64',
      bootId: '0e7bd9a4-2c53-4a43-9a7b-0f3a2f7c9f11',
      links: [
        { name: 'lo', addresses: ['127.0.0.1/8'] },
        { name: 'ens33', addresses: ['192.168.80.80/24', '192.168.7.7/32'] },
        { name: 'ens37', addresses: [] },
      ],
      dhcp: [],
      defaultRoute: { via: '192.168.80.1', dev: 'ens33', proto: '' },
      missing: [],
      root: true,
      ssh: { local: '10.0.2.15', port: 22, peer: '10.0.2.2', byDefaultRoute: false },
    });
  });

  it('are a host that lvsctl can manage', () => {
    expect(unsupported(read())).toBeUndefined();
  });

  it('say which link holds the base address, by address and prefix', () => {
    expect(linkOf(read(), '192.168.80.80', 24)?.name).toBe('ens33');
    expect(linkOf(read(), '192.168.80.80', 16)).toBeUndefined();
    expect(linkOf(read(), '192.168.80.8', 24)).toBeUndefined();
  });

  it('hold our mark, and the id of an apply that nobody confirmed', () => {
    const mark = { format: 1, cluster: 'größe', members: { lb1: 'x' }, entries: [] };
    expect(read(`mark ${base64(mark)}`, 'pending 20260101-abc')).toMatchObject({
      mark,
      pending: '20260101-abc',
    });
  });

  it('hold the units that have still to read their files', () => {
    expect(read('due nginx.service', 'due a b.service').due).toEqual(['nginx.service', 'a b.service']);
  });

  it('say whether our SSH comes back by the default route', () => {
    const { ssh } = read('back default via 192.168.80.1 dev ens33 cache ');
    expect(ssh.byDefaultRoute).toBe(true);
    expect(read('back 10.0.2.0/24 dev mgmt proto kernel').ssh.byDefaultRoute).toBe(false);
  });

  it('hold what is missing and what comes from DHCP', () => {
    expect(read('missing ip', 'missing flock', 'dhcp ens37')).toMatchObject({
      missing: ['ip', 'flock'],
      dhcp: ['ens37'],
    });
  });
});

describe('a default route', () => {
  const of = (line: string) =>
    parseFacts('h', printedFacts('10.0.0.1/8').replace(/^route .*$/m, `route ${line}`)).defaultRoute;
  it.each([
    [
      'default via 10.0.2.2 dev ens3 proto dhcp src 10.0.2.15 metric 100',
      { via: '10.0.2.2', dev: 'ens3', proto: 'dhcp' },
    ],
    ['default dev ppp0 scope link', undefined],
    ['', undefined],
  ])('%j', (line, expected) => {
    expect(of(line)).toEqual(expected);
  });
});

describe('facts that make no sense', () => {
  const host = printedFacts('1.2.3.4/8');
  const marked = (mark: string) => printedFacts('1.2.3.4/8', [`mark ${mark}`]);
  const damaged = '/var/lib/lvsctl/mark is damaged or from a newer lvsctl';
  it.each([
    ['nothing', '', 'the host printed no facts'],
    ['noise', 'bash: warning: setlocale\n<html>502</html>\n', 'the host printed no facts'],
    ['another system', host.replace('id debian', 'id alpine'), 'the system is alpine; lvsctl knows Debian'],
    ['no system', host.replace('id debian\n', ''), 'the system is unknown; lvsctl knows Debian'],
    ['a mark that is no JSON', marked('bm90IGpzb24='), damaged],
    ['a mark that is empty', marked(base64(null)), damaged],
    ['a mark of another format', marked(base64({ format: 2 })), damaged],
    ['half a mark', marked(base64({ format: 1, cluster: 'web' })), damaged],
  ])('are unreadable: %s', (_, output, message) => {
    const attempt = () => parseFacts('h', output);
    expect(attempt).toThrow(Unreadable);
    expect(attempt).toThrow(message);
  });
});

describe('another system', () => {
  const edited = (edits: Readonly<Record<string, string>>) =>
    parseFacts(
      'h',
      Object.entries(edits).reduce((text, [a, b]) => text.replace(a, b), printedFacts('1.2.3.4/8')),
    );
  it.each([
    [{ 'id debian': 'id ubuntu' }, 'h runs ubuntu 12, which is not built yet'],
    [
      { 'id debian': 'id rocky\nlike rhel centos fedora', 'release 12': 'release 9.4' },
      'h runs el 9.4, which is not built yet',
    ],
    [{ 'network ifupdown': 'network netplan' }, 'h keeps its network in netplan, which is not built yet'],
  ])('is known and not managed yet: %j', (edits, message) => {
    expect(unsupported(edited(edits))?.message).toBe(message);
  });
});

it('the probe runs under a real sh, says no word on standard error, and gives facts', () => {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', factsProbe.run], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, LC_ALL: 'C', SSH_CONNECTION: '10.0.0.1 5 10.0.0.2 22' },
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const facts = parseFacts('here', stdout);
  expect(facts).toMatchObject({
    bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    root: process.getuid?.() === 0,
    ssh: { peer: '10.0.0.1', local: '10.0.0.2' },
  });
  expect(facts.links).toContainEqual({ name: 'lo', addresses: expect.arrayContaining(['127.0.0.1/8']) });
});
