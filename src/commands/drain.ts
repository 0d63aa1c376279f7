import { setTimeout as delay } from 'node:timers/promises';
import type { Connector } from '../hosts/connect.js';
import { look } from '../hosts/look.js';
import { drainPlan } from '../plan/drain-plan.js';
import { holds } from '../plan/holds.js';
import { changes, type Observed } from '../plan/plan.js';
import { count } from '../report/count.js';
import { changeTitle } from '../report/event-text.js';
import { jsonText } from '../report/json-text.js';
import { kinds } from '../resources/index.js';
import { connectionsProbe } from '../resources/real-server.js';
import { splitServerKey } from '../resources/server-key.js';
import { desire } from '../roles/index.js';
import { cidr } from '../topology/network.js';
import { serverName, vips } from '../topology/services.js';
import type { Topology } from '../topology/topology.js';
import { type ApplyOptions, proceed } from './apply.js';
import { canAsk } from './approval.js';
import { compared, connectorOf, named, type Reading, read } from './cluster.js';
import type { Io } from './io.js';
import { topologyOf } from './topology.js';

type Seen = Extract<Observed, { status: 'ok' }>;

/** `lvsctl drain`: these real servers get no new connections until `undrain`; waits for those that are open. */
export async function drain(names: readonly string[], options: ApplyOptions, io: Io): Promise<number> {
  // Who names a server knows how much it carries; that it is the last one is still guarded.
  const allow = [...(options.allow ?? []), 'weight-lost'];
  const more = (before: readonly string[]) => [...new Set([...before, ...names])].sort();
  return onDirectors('drain', names, { ...options, allow }, io, more, waitUntilIdle);
}

/** `lvsctl undrain`: they get their weight back. */
export async function undrain(names: readonly string[], options: ApplyOptions, io: Io): Promise<number> {
  const fewer = (before: readonly string[]) => before.filter(name => !names.includes(name));
  return onDirectors('undrain', names, options, io, fewer, async () => 0);
}

async function onDirectors(
  verb: string,
  names: readonly string[],
  options: ApplyOptions,
  io: Io,
  then: (drained: readonly string[]) => readonly string[],
  wait: typeof waitUntilIdle,
): Promise<number> {
  const topology = await topologyOf(options, io);
  const known = topology.realServers.map(({ name }) => name);
  named(names, known, 'real server');
  if (!options.autoApprove && !canAsk(`lvsctl ${verb} --auto-approve`, options, io)) return 3;
  const line = await connectorOf(topology, options);
  try {
    const reading = await read(topology, line, options);
    const isDirector = (host: string) => topology.directors.some(({ name }) => name === host);
    const directors = reading.observed.filter(({ host }) => isDirector(host));
    const seen = directors.filter((each): each is Seen => each.status === 'ok');
    const bare = seen.find(({ facts }) => !facts.mark);
    if (bare) {
      io.err(`${bare.host} holds nothing of this cluster yet: lvsctl apply comes first.\n`);
      return 3;
    }
    const drained = new Map(seen.map(({ host, facts }) => [host, then(facts.mark?.drained ?? [])]));
    const desired = new Map(reading.desired);
    for (const { host, facts } of seen) {
      const wishes = desire(topology, facts, drained.get(host));
      if (!('message' in wishes)) desired.set(host, wishes);
    }
    const wanted = compared(topology, desired, reading.observed, options);
    const { plan, differs } = drainPlan(reading.plan, wanted, drained, kinds);
    if (differs.length > 0) {
      const all = differs.map(change => `${change.host}: ${changeTitle(change)}`).join('; ');
      io.err(`Refused; this differs from the topology already (${all}). lvsctl apply comes first.\n`);
      return 3;
    }
    const hosts = plan.hosts.filter(({ name }) => isDirector(name));
    const code = await proceed(
      { ...reading, plan: { ...plan, hosts }, beside: changes(reading.plan) },
      topology,
      line,
      options,
      io,
    );
    return code === 0 ? await wait(names, topology, reading, seen, line, options, io) : code;
  } finally {
    await line.close();
  }
}

/** Waits for the last connection on the directors that serve, and says how many are left; 2 when some are, 4 when that cannot be read. */
async function waitUntilIdle(
  names: readonly string[],
  topology: Topology,
  { desired }: Reading,
  directors: readonly Seen[],
  line: Connector,
  { drainTimeout = 30, json }: ApplyOptions,
  io: Io,
): Promise<number> {
  const keysOn = (host: string) =>
    (desired.get(host) ?? [])
      .filter(
        ({ kind, key }) =>
          kind === 'real-server' && names.includes(serverName(topology, splitServerKey(key)[1])),
      )
      .map(({ key }) => key);
  const serving = directors.filter(each => vips(topology).some(({ vip }) => holds(each, cidr(vip))));
  // Without a VIP that one of them holds (a foreign one) every director may serve.
  const counted = serving.length > 0 ? serving : directors;
  const open = async () => {
    const all = counted.map(async ({ host }) => {
      const keys = keysOn(host);
      if (keys.length === 0) return 0;
      return look(await line.open(host), topology.name, connectionsProbe(keys), Number);
    });
    return (await Promise.all(all)).reduce<number>((sum, each) => sum + (each ?? Number.NaN), 0);
  };
  const end = Date.now() + drainTimeout * 1000;
  let left = await open();
  while (left > 0 && Date.now() < end) {
    const seconds = Math.ceil((end - Date.now()) / 1000);
    io.err(`${names.join(', ')}: ${count(left, 'connection')} open, ${seconds} s left\n`);
    await delay(Math.min(5000, Math.max(0, end - Date.now())), undefined, { signal: io.signal }).catch(
      () => {},
    );
    if (io.signal.aborted) break;
    left = await open();
  }
  if (Number.isNaN(left)) {
    io.err(`${names.join(', ')}: drained, but how many connections are open could not be read.\n`);
    return 4;
  }
  if (json) io.out(`${jsonText({ drained: names, connections: left })}\n`);
  else if (left === 0) io.out(`${names.join(', ')}: no connections any more.\n`);
  else io.out(`${names.join(', ')}: no new connections; ${count(left, 'connection')} still open.\n`);
  return left === 0 ? 0 : 2;
}
