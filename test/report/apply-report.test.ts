import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/plan/event.js';
import type { HostOutcome } from '../../src/plan/outcome.js';
import { closingJson, eventJson, openingJson } from '../../src/report/event-json.js';
import { eventLine } from '../../src/report/event-text.js';
import { outcomeText } from '../../src/report/outcome-text.js';
import { palette } from '../../src/report/paint.js';
import { change, plan } from './sample.js';

const at = '2026-01-01T00:00:00.000Z';
const three = plan([
  change('lb1', { kind: 'sysctl', key: 'net.ipv4.ip_forward', after: { value: '1' } }),
  change('lb1', { kind: 'mount', key: '/srv', before: { source: 'a' }, why: 'orphan' }),
  change('web1', { kind: 'sysctl', key: 'a', before: { value: '0' }, after: { value: '1' } }),
]);

const text = (hosts: Record<string, Partial<HostOutcome>>) => {
  const whole = Object.entries(hosts).map(
    ([name, host]) => [name, { done: [], undone: [], ended: 'untouched', ...host }] as [string, HostOutcome],
  );
  return outcomeText(three, { hosts: new Map(whole), seconds: 4.2 }, { paint: palette(false) });
};

describe('a line of progress', () => {
  it.each<[string, Event]>([
    ['Director: lb1', { at, type: 'phase', name: 'Director', hosts: ['lb1'] }],
    ["[lb1] dead man's switch armed", { at, host: 'lb1', type: 'armed' }],
    ['[lb1] create sysctl net.ipv4.ip_forward', { at, host: 'lb1', type: 'begin', change: 0 }],
    ['[lb1] deleted mount /srv', { at, host: 'lb1', type: 'done', change: 1 }],
    [
      '[lb1] FAILED delete mount /srv: busy | try later',
      { at, host: 'lb1', type: 'failed', change: 1, message: 'busy\ntry later\n' },
    ],
    [
      '[lb1] FAILED: another apply holds the lock',
      { at, host: 'lb1', type: 'failed', message: 'another apply holds the lock' },
    ],
    ['[lb1] connection lost: reset', { at, host: 'lb1', type: 'lost', message: 'reset' }],
    ['[lb1] put back by the host itself', { at, host: 'lb1', type: 'undone', whole: true, by: 'switch' }],
    [
      '[lb1] NOT WHOLLY PUT BACK: look at the host',
      { at, host: 'lb1', type: 'undone', whole: false, by: 'client' },
    ],
  ])('reads %s', (line, event) => {
    expect(eventLine(event, three)).toBe(line);
  });
});

describe('progress as JSON', () => {
  it('begins with the version, the planned changes and their sum', () => {
    const opening = openingJson(three, '0.1.0', at) as { type: string; '@message': string }[];
    expect(opening.map(({ type }) => type)).toEqual([
      'version',
      'planned_change',
      'planned_change',
      'planned_change',
      'change_summary',
    ]);
    expect(opening.at(-1)!['@message']).toBe('Plan: 1 to create, 1 to change, 1 to delete on 2 of 4 hosts.');
  });

  it('names the hosts that could not be read', () => {
    const message = 'nas refuses the connection';
    const hosts = [{ name: 'nas', status: 'unreachable' as const, message, remedy: 'start sshd there' }];
    expect(openingJson(plan([], { hosts }), '0.1.0', at)).toContainEqual({
      '@level': 'error',
      '@message': `nas: ${message}`,
      '@timestamp': at,
      type: 'diagnostic',
      host: 'nas',
      diagnostic: { severity: 'error', summary: message, detail: 'start sshd there' },
    });
  });

  it('names the entry that a line is about', () => {
    expect(eventJson({ at, host: 'lb1', type: 'failed', change: 1, message: 'busy' }, three)).toEqual({
      '@level': 'error',
      '@message': '[lb1] FAILED delete mount /srv: busy',
      '@timestamp': at,
      type: 'apply_errored',
      host: 'lb1',
      hook: {
        resource: { addr: 'lb1/mount["/srv"]', host: 'lb1', resource_type: 'mount', resource_name: '/srv' },
        action: 'delete',
      },
      diagnostic: { severity: 'error', summary: 'busy' },
    });
  });

  it('ends with what became of the hosts and the exit code', () => {
    const hosts = new Map([
      ['lb1', { done: [], undone: [0], failed: { message: 'busy' }, ended: 'restored' as const }],
    ]);
    expect(closingJson(three, { hosts, seconds: 4.2 }, at)).toMatchObject({
      '@level': 'error',
      type: 'apply_summary',
      hosts: [{ name: 'lb1', done: [], undone: [0], failed: { message: 'busy' }, ended: 'restored' }],
      exit_code: 5,
    });
  });
});

describe('the text of an outcome', () => {
  it('is one line when all went well', () => {
    expect(text({ lb1: { done: [0, 1], ended: 'applied' }, web1: { done: [0], ended: 'applied' } })).toBe(
      'Apply complete! 1 created, 1 changed, 1 deleted on 2 hosts in 4.2s.\n',
    );
  });

  it('says where it failed, why, what was put back and what the exit code means', () => {
    const failed = { change: 1, message: 'umount: /srv: target is busy.\n' };
    expect(
      `\n${text({ lb1: { undone: [0, 1], failed, ended: 'restored' }, web1: { done: [0], ended: 'applied' } })}`,
    ).toMatchInlineSnapshot(`
      "
      Apply failed on lb1. 0 created, 1 changed, 0 deleted on 1 host in 4.2s.

        lb1 (director): FAILED at delete mount /srv
            umount: /srv: target is busy.
            put back: 2 changes undone, the host is as it was before
        web1 (real server): applied, 1 change

      Exit code 5: the apply failed, and what it had begun was put back.
      "
    `);
  });

  it('asks for a person when a host is in an unknown state', () => {
    expect(
      `\n${text({ lb1: { done: [0], failed: { message: 'connection reset' }, ended: 'unknown' }, web1: {} })}`,
    ).toMatchInlineSnapshot(`
      "
      Apply failed on lb1. 1 created, 0 changed, 0 deleted on 1 host in 4.2s.

        lb1 (director): FAILED
            connection reset
            UNKNOWN: 1 change made and not wholly put back, or nobody could see: look
            at the host, then plan again
        web1 (real server): nothing was changed

      Exit code 6: the apply failed, and not all could be put back: look at the host.
      "
    `);
  });

  it('does not call complete what was stopped', () => {
    expect(`\n${text({ lb1: { done: [0], ended: 'applied' }, web1: {} })}`).toMatchInlineSnapshot(`
      "
      Apply stopped early. 1 created, 0 changed, 0 deleted on 1 host in 4.2s.

        lb1 (director): applied in part: 1 of 2 changes
        web1 (real server): nothing was changed

      Exit code 1: an error, and no host was left half changed.
      "
    `);
  });
});
