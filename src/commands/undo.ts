import pLimit from 'p-limit';
import type { Connector } from '../hosts/connect.js';
import { history } from '../hosts/history.js';
import { Unreachable } from '../hosts/session.js';
import type { ApplyRecord } from '../plan/record.js';
import { askedFor, turned } from '../plan/record.js';
import { undoPlan } from '../plan/undo.js';
import { changeTitle } from '../report/event-text.js';
import { historyText, type Kept } from '../report/history-text.js';
import { jsonText } from '../report/json-text.js';
import { kinds } from '../resources/index.js';
import { rolesOf } from '../roles/index.js';
import { judgePlan } from '../rules/plan/index.js';
import { Faults } from '../topology/faults.js';
import { hosts, type Topology } from '../topology/topology.js';
import { type ApplyOptions, proceed } from './apply.js';
import { canAsk } from './approval.js';
import { connectorOf, type Reading, read, weighed } from './cluster.js';
import type { Io } from './io.js';
import { topologyOf } from './topology.js';

export interface UndoOptions extends ApplyOptions {
  /** Only show which applies the hosts keep. */
  list?: boolean;
}

/** `lvsctl undo`: takes back the last apply, or the one that is named; asks before it does. */
export async function undo(id: string | undefined, options: UndoOptions, io: Io): Promise<number> {
  const topology = await topologyOf(options, io);
  const asks = !options.list && !options.autoApprove;
  if (asks && !canAsk('lvsctl undo --auto-approve', options, io)) return 3;
  const line = await connectorOf(topology, options);
  try {
    const { records, away } = await histories(topology, line, options.parallelism);
    const kept = applies(records);
    if (options.list) {
      if (options.json) for (const each of kept) io.out(`${jsonText(shown(each))}\n`);
      else io.out(historyText(kept, { paint: io.paint }));
      for (const message of away) io.err(`${message}\n`);
      return away.length > 0 ? 4 : 0;
    }
    const chosen = kept.find(({ record }) => id === undefined || record.id === id);
    if (!chosen) {
      const message = id ? `the hosts keep no apply ${id}` : 'the hosts keep no apply that can be undone';
      throw new Faults([{ message, remedy: 'lvsctl undo --list shows those that they keep' }]);
    }
    const mine = new Map(
      [...records].flatMap(([host, all]) => {
        const record = all.find(each => each.id === chosen.record.id);
        return record ? [[host, record] as const] : [];
      }),
    );
    const silent = chosen.record.hosts.filter(host => !mine.has(host));
    if (silent.length > 0 && !options.skipUnreachable) {
      for (const message of away) io.err(`${message}\n`);
      io.err(
        `Refused; that apply also changed ${silent.join(', ')}, which keeps no record of it or cannot be read. `,
      );
      io.err('To go on with the others: --skip-unreachable\n');
      return away.length > 0 ? 4 : 3;
    }
    return await takeBack(topology, line, mine, options, io);
  } finally {
    await line.close();
  }
}

async function takeBack(
  topology: Topology,
  line: Connector,
  records: ReadonlyMap<string, ApplyRecord>,
  options: UndoOptions,
  io: Io,
): Promise<number> {
  const roles = rolesOf(topology);
  const cluster = { name: topology.name, file: topology.file, roles };
  const wish = ({ host }: { host: string }) => {
    const record = records.get(host);
    return record ? askedFor(record) : [];
  };
  const look = async (): Promise<Reading & { moved: ReturnType<typeof undoPlan>['moved'] }> => {
    const reading = await read(topology, line, { ...options, wish });
    const { plan, moved, desired } = undoPlan(cluster, records, reading.observed, kinds);
    return { ...reading, plan, desired, moved };
  };
  const reading = await look();
  if (reading.moved.length > 0 && !options.allow?.includes('changed-since')) {
    const all = reading.moved.map(change => `${change.host}: ${changeTitle(change)}`).join('; ');
    io.err(`Refused; nothing was changed, for this was changed since that apply: ${all}\n`);
    io.err('To put it back all the same: --allow changed-since\n');
    return 3;
  }
  const { plan, observed, desired } = reading;
  const findings = weighed(judgePlan({ topology, observed, plan, desired }), options.allow);
  const undoing = { ...reading, plan: { ...plan, findings }, reread: look };
  return proceed(undoing, topology, line, options, io);
}

async function histories(topology: Topology, line: Connector, parallelism: number) {
  const limit = pLimit(parallelism);
  const records = new Map<string, readonly ApplyRecord[]>();
  const away: string[] = [];
  await Promise.all(
    hosts(topology).map(({ name }) =>
      limit(async () => {
        try {
          const all = await history(await line.open(name));
          if (all)
            records.set(
              name,
              all.filter(({ cluster }) => cluster === topology.name),
            );
          else away.push(`${name}: what it keeps of its applies cannot be read`);
        } catch (error) {
          if (!(error instanceof Unreachable)) throw error;
          away.push(error.message);
        }
      }),
    ),
  );
  return { records, away };
}

/** Every apply of which a host keeps something that can be undone, the newest first. */
function applies(records: ReadonlyMap<string, readonly ApplyRecord[]>): Kept[] {
  const found = new Map<string, { record: ApplyRecord; entries: Map<string, number> }>();
  for (const [host, all] of records)
    for (const record of all) {
      const entries = turned(record).length;
      if (entries === 0) continue;
      const kept = found.get(record.id) ?? { record, entries: new Map() };
      kept.entries.set(host, entries);
      found.set(record.id, kept);
    }
  return [...found.values()].sort((a, b) => (a.record.id < b.record.id ? 1 : -1));
}

function shown({ record: { id, at, owner, source }, entries }: Kept): object {
  return { id, at, owner, source, hosts: Object.fromEntries(entries) };
}
