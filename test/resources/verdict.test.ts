import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Unreadable } from '../../src/resources/kind.js';
import { unlessOut, verdict } from '../../src/resources/verdict.js';
import { attempt } from './law.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lvsctl-verdict-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs shell text where the journal of keepalived holds these lines, recorded from 2.2.7. */
function run(text: string, journal: readonly string[], args: readonly string[] = [], active = true) {
  writeFileSync(join(folder, 'journal'), `${journal.join('\n')}\n`);
  const stub = (name: string, body: string) => writeFileSync(join(folder, name), body, { mode: 0o755 });
  stub('journalctl', `#!/bin/sh\ncat '${folder}/journal'\n`);
  stub('systemctl', `#!/bin/sh\nexit ${active ? 0 : 3}\n`);
  return attempt({ run: `PATH=${folder}:$PATH\n${text}`, args });
}

function said(journal: readonly string[], active = true): Record<string, string> {
  const { stdout } = run(verdict.probe([]).run, journal, [], active);
  return Object.fromEntries([...verdict.parse(stdout)].map(([key, { says }]) => [key, says]));
}

const start = 'Starting Keepalived v2.2.7 (01/16,2022)';
const removing = 'Removing service [10.0.0.10]:tcp:80 from VS [10.0.0.100]:tcp:80';
const adding = 'Adding service [10.0.0.10]:tcp:80 to VS [10.0.0.100]:tcp:80';
const sorry = [
  'Lost quorum 1-0=1 > 0 for VS [10.0.0.100]:tcp:80',
  'Adding sorry server [127.0.0.1]:tcp:80 to VS [10.0.0.100]:tcp:80',
  'Removing alive servers from the pool for VS [10.0.0.100]:tcp:80',
];
const disabling = 'Disabling service [10.0.0.10]:tcp:80 of VS [10.0.0.100]:tcp:80';
const elsewhere = removing.replace('.100]', '.200]');
const back = adding.replace('.100]', '.200]');
const gone = 'service [10.0.0.10]:tcp:80 no longer exist';
const again = 'Activating healthchecker for service [10.0.0.20]:tcp:80 for VS [10.0.0.100]:tcp:80';
const other = 'tcp 10.0.0.200:80 10.0.0.10:80';
const key = 'tcp 10.0.0.100:80 10.0.0.10:80';

describe("keepalived's verdicts", () => {
  it('a real server that it removed is down, and one that it added again is up', () => {
    expect(said([start, removing])).toEqual({ [key]: 'down' });
    expect(said([start, removing, adding])).toEqual({ [key]: 'up' });
  });

  it('one that it disabled (weight 0) is down as well', () => {
    expect(said([disabling])).toEqual({ [key]: 'down' });
  });

  it('what it said before its last start counts no more', () => {
    expect(said([start, removing, start])).toEqual({});
    expect(said([start, removing, gone, start, removing])).toEqual({ [key]: 'down' });
  });

  it('a keepalived that does not run has said nothing', () => {
    expect(said([start, removing], false)).toEqual({});
  });

  it('the sorry server that is in stands for the whole service, until it is out again', () => {
    expect(said(sorry)).toEqual({ 'tcp 10.0.0.100:80': 'sorry', 'tcp 10.0.0.100:80 127.0.0.1:80': 'sorry' });
    expect(said([...sorry, 'Removing sorry server [127.0.0.1]:tcp:80 from VS [10.0.0.100]:tcp:80'])).toEqual({
      'tcp 10.0.0.100:80': 'up',
      'tcp 10.0.0.100:80 127.0.0.1:80': 'up',
    });
  });

  it.each<[string, readonly string[], Record<string, string>]>([
    ['one that was in', [gone, removing, again], {}],
    ['one that was out', [removing, gone, again], {}],
    [
      'one that was disabled (weight 0)',
      [disabling, gone, removing.replace('service', '(inhibited) service')],
      {},
    ],
    ['one that left one of two services', [removing, elsewhere, gone, removing, again], { [other]: 'down' }],
    ['one that was out of one of two services and left it', [removing, back, gone, again], { [other]: 'up' }],
    ['one that was out of both services and left both', [removing, elsewhere, gone, gone, again], {}],
    [
      'one whose service left',
      [removing, 'Removing Virtual Server [10.0.0.100]:tcp:80', removing, again],
      {},
    ],
  ])('what it said of %s before it left its file counts no more', (_, journal, expected) => {
    expect(said([start, ...journal])).toEqual(expected);
  });

  it('one that came back and failed again is down', () => {
    expect(said([gone, removing, again, adding, removing])).toEqual({ [key]: 'down' });
  });

  it('one that was out of two services and left one is out of the other still', () => {
    expect(said([removing, elsewhere, gone, again])).toMatchObject({ [other]: 'down' });
  });

  it('a service of a firewall mark has real servers without a port', () => {
    expect(said(['Removing service [10.0.0.10]:none:0 from VS FWM 50'])).toEqual({
      'fwm 50 10.0.0.10:0': 'down',
    });
  });

  it('an instance of VRRP is in the state that it entered last', () => {
    expect(said(['(VI_1) Entering BACKUP STATE (init)', '(VI_1) Entering MASTER STATE'])).toEqual({
      'vrrp VI_1': 'MASTER',
    });
  });

  it('keeps the line, and takes nothing else for one', () => {
    const { stdout } = run(verdict.probe([]).run, [removing]);
    expect([...verdict.parse(stdout)]).toEqual([[key, { says: 'down', line: removing }]]);
    expect(() => verdict.parse('nonsense\n')).toThrow(Unreadable);
  });
});

describe('a step about a real server', () => {
  const waiting = 'Starting with quorum down 1-0=1 > 0 for VS [10.0.0.100]:tcp:80';
  it.each<[string, readonly string[], string]>([
    ['is carried out when keepalived says nothing', [start], 'written a b\n'],
    ['is carried out when it is up', [removing, adding], 'written a b\n'],
    ['is left when it is down', [removing], ''],
    ['is left while the sorry server is in', sorry, ''],
    ['is left while keepalived waits for the first good answer', [waiting], ''],
    ['is carried out after the first good answer', [waiting, adding], 'written a b\n'],
  ])('%s', (_, journal, printed) => {
    const { run: text, args = [] } = unlessOut(key, { run: 'echo "written $1 $2"', args: ['a', 'b'] });
    expect(run(text, journal, args)).toMatchObject({ status: 0, stdout: printed });
  });
});
