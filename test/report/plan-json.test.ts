import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { planJson } from '../../src/report/plan-json.js';
import { change, line, plan } from './sample.js';

const schema = JSON.parse(
  readFileSync(new URL('../../schemas/plan-report.schema.json', import.meta.url), 'utf8'),
);
const holds = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(schema);
const imprint = {
  version: '0.1.0',
  timestamp: '2026-01-01T00:00:00Z',
  topology: { path: 'nat.yaml', sha256: 'ab12' },
};

const full = plan(
  [
    change('lb1', {
      kind: 'virtual-service',
      key: 'tcp 12.0.0.1:80',
      before: { scheduler: 'rr' },
      after: { scheduler: 'wrr' },
    }),
    change('lb1', {
      kind: 'file',
      key: '/etc/x',
      layer: 'persisted',
      before: { content: 'a\n' },
      after: { content: 'a\nb\n' },
    }),
    change('lb1', {
      kind: 'service',
      key: 'x',
      action: 'reload',
      before: { active: true },
      after: { active: true },
    }),
    change('lb1', {
      kind: 'sysctl',
      key: 'a',
      action: 'restore',
      before: { value: '1' },
      after: { value: '0' },
      why: 'orphan',
    }),
    change('web1', {
      kind: 'package',
      key: 'nginx',
      layer: 'installed',
      before: { installed: true },
      why: 'orphan',
      stays: 'packages stay',
    }),
  ],
  {
    hosts: [
      { name: 'lb1' },
      { name: 'web1', unreadable: new Map([['mount', 'no']]) },
      { name: 'web2', status: 'unreachable', message: 'no answer', remedy: 'look' },
    ],
    findings: [
      { id: 'rp-filter', severity: 'warning', host: 'web1', message: 'm', remedy: 'r', place: line(3) },
    ],
  },
);

// biome-ignore lint/suspicious/noExplicitAny: a consumer of the JSON sees no types
const json = (seen = full): any => JSON.parse(JSON.stringify(planJson(seen, imprint)));

describe('the JSON of a plan', () => {
  it.each([
    ['full', full],
    ['empty', plan()],
  ])('holds to its schema when the plan is %s', (_, seen) => {
    holds(json(seen));
    expect(holds.errors).toBeNull();
  });

  it('does not hold to it when a key is missing or unknown', () => {
    expect(holds({ ...json(), summary: undefined, more: 1 })).toBe(false);
  });

  it('tells of a change as Terraform does', () => {
    expect(json().resource_changes[0]).toEqual({
      address: 'lb1/virtual-service["tcp 12.0.0.1:80"]',
      host: 'lb1',
      type: 'virtual-service',
      name: 'tcp 12.0.0.1:80',
      layer: 'live',
      stage: 'master',
      step: 1,
      change: {
        actions: ['update'],
        before: { scheduler: 'rr' },
        after: { scheduler: 'wrr' },
        before_sensitive: {},
        after_sensitive: {},
      },
      action_reason: 'runtime_differs',
      reason: 'wanted',
      source: { file: 'inventories/nat.yaml', line: 1, column: 5 },
    });
  });

  it('has the difference of texts, and actions for what is reloaded, put back and left', () => {
    const [, file, reload, restore, stays] = json().resource_changes;
    expect(file.change.diff).toEqual({ content: '@@ -1 +1,2 @@\n a\n+b' });
    expect([reload, restore, stays].map(each => [each.change.actions, each.action_reason])).toEqual([
      [['reload'], 'files_changed'],
      [['update'], 'orphan'],
      [['no-op'], 'orphan'],
    ]);
  });

  it('counts as the text and the exit code do', () => {
    const { complete, applyable, errored, summary } = json();
    expect({ complete, applyable, errored, summary }).toEqual({
      complete: false,
      applyable: true,
      errored: false,
      summary: {
        create: 0,
        update: 3,
        delete: 0,
        reload: 1,
        stay: 1,
        no_op: 30,
        unreachable: 1,
        incomplete: 1,
      },
    });
  });

  it('masks secrets on both sides and gives no diff of them', () => {
    const secret = change('lb1', {
      kind: 'file',
      key: '/etc/keepalived/secret',
      secret: ['content'],
      before: { content: 'hunter2\n', mode: '600' },
      after: { content: 'hunter3\n', mode: '600' },
    });
    const seen = json(plan([secret]));
    expect(JSON.stringify(seen)).not.toContain('hunter');
    expect(seen.resource_changes[0].change).toEqual({
      actions: ['update'],
      before: { content: '(sensitive)', mode: '600' },
      after: { content: '(sensitive)', mode: '600' },
      before_sensitive: { content: true },
      after_sensitive: { content: true },
    });
  });
});
