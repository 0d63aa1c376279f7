import type { Change, Finding, Plan } from '../../src/plan/plan.js';

/** Where a reason stands in the sample's topology. */
export function line(number: number) {
  return { file: 'inventories/nat.yaml', line: number, column: 5 };
}

type Sketch = Partial<Change> & Pick<Change, 'kind' | 'key'>;

/** A live creation unless said otherwise. */
export function change(host: string, sketch: Sketch): Change {
  const action = sketch.before ? (sketch.after ? 'update' : 'delete') : 'create';
  return {
    host,
    action,
    layer: 'live',
    stage: 'master',
    why: { reason: 'wanted', place: line(1) },
    ...sketch,
  };
}

type HostSketch = Partial<Plan['hosts'][number]> & { name: string };

/** A plan with one phase that holds these changes; hosts are lb1, web1, web2 and nas unless said otherwise. */
export function plan(
  changes: readonly Change[] = [],
  options: { hosts?: readonly HostSketch[]; findings?: readonly Finding[]; marked?: boolean } = {},
): Plan {
  const roles: Record<string, string> = {
    lb1: 'director',
    web1: 'real server',
    web2: 'real server',
    nas: 'NFS server',
  };
  const hosts = (options.hosts ?? Object.keys(roles).map(name => ({ name }))).map(host => ({
    role: roles[host.name] ?? 'no longer in the topology',
    status: 'ok' as const,
    unreadable: new Map<string, string>(),
    same: 10,
    ...host,
  }));
  const byHost = new Map<string, Change[]>();
  for (const each of changes) byHost.set(each.host, [...(byHost.get(each.host) ?? []), each]);
  const mark = { format: 1 as const, cluster: 'web', members: {}, entries: [] };
  return {
    cluster: 'web',
    file: 'inventories/nat.yaml',
    hosts,
    phases: changes.length > 0 ? [{ name: 'Director', stage: 'master', changes: byHost }] : [],
    marks: options.marked
      ? new Map(hosts.map(host => [host.name, { before: mark, after: mark }]))
      : new Map(),
    findings: options.findings ?? [],
    digest: 'd1ge57',
  };
}
