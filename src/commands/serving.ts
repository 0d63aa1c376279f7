import { setTimeout as delay } from 'node:timers/promises';
import pLimit, { type LimitFunction } from 'p-limit';
import type { Connector } from '../hosts/connect.js';
import { look } from '../hosts/look.js';
import type { Session } from '../hosts/session.js';
import { cardsProbe, parseCards, parseWays, waysProbe } from '../plan/arp-answer.js';
import { turns } from '../plan/promise.js';
import type { Service, Topology } from '../topology/topology.js';

/** Milliseconds that one connection may take to be accepted. */
const PATIENCE = 3000;
/** How often a service is asked again, a second apart: a health check may have to pass first. */
const TRIES = 15;
/** Connections that are opened at a time, and the most for one service. */
const AT_ONCE = 8;
const MOST = 24;

/** What a cluster's client finds at its VIPs. */
export interface Served {
  /** By virtual service (`VIP:PORT`, tcp), where any is taken: whether every connection of a round through its servers is. */
  doors: ReadonlyMap<string, 'each' | 'some'>;
  /** By VIP: the card (MAC) that packets to it go to, for VIPs on a network of the client. */
  cards: ReadonlyMap<string, string>;
}

export const NOTHING: Served = { doors: new Map(), cards: new Map() };

/**
 * Who serves, as the client finds it: one connection for every turn of the scheduler, so that each real server has its
 * share of them, and who answered ARP for the VIP. Nothing where the topology names no client or it cannot be reached: from
 * elsewhere there may be no way to the VIP.
 */
export async function serving(topology: Topology, line: Connector): Promise<Served> {
  const client = await clientOf(topology, line);
  if (!client) return NOTHING;
  const limit = pLimit(AT_ONCE);
  const asked = doors(topology).map(async door => [door.name, await taken(client, door, limit)] as const);
  const found = (await Promise.all(asked)).flatMap(([name, some]) => (some ? [[name, some] as const] : []));
  const cards = await cardsOf(client, topology);
  await client.close();
  return { doors: new Map(found), cards };
}

/**
 * Why the cluster serves less than it did before, asked over a connection of its own; undefined when it does not.
 * `sessions`: to the hosts, by name.
 */
export async function servesLess(
  before: Served,
  topology: Topology,
  line: Connector,
  sessions: ReadonlyMap<string, Session>,
): Promise<string | undefined> {
  const asked = doors(topology).filter(({ name }) => before.doors.has(name));
  if (asked.length === 0) return undefined;
  const client = await clientOf(topology, line);
  if (!client) return 'the client, which asked at the VIP before the apply, cannot be reached any more';
  const limit = pLimit(AT_ONCE);
  try {
    const shut = asked.map(async door => {
      const was = before.doors.get(door.name);
      for (let tries = TRIES; ; tries--) {
        const now = await taken(client, door, limit);
        if (now === 'each' || (now && now === was)) return [];
        if (tries === 1) return [lessThan(door.name, was === 'each' && now === 'some')];
        await delay(1000);
      }
    });
    const less = (await Promise.all(shut)).flat();
    if (less.length > 0) return `as ${client.host} finds it, ${less.join(', ')}`;
    return await answersArp(before, topology, await cardsOf(client, topology), sessions);
  } finally {
    await client.close();
  }
}

function lessThan(name: string, some: boolean): string {
  return some
    ? `${name} took every connection before the apply, and only some now: not each real server takes its share`
    : `${name} took connections before the apply, and takes none now`;
}

/** A real server that answers ARP for a VIP, where none did before. */
async function answersArp(
  before: Served,
  topology: Topology,
  cards: Served['cards'],
  sessions: ReadonlyMap<string, Session>,
): Promise<string | undefined> {
  const moved = [...cards].filter(([vip, card]) => before.cards.get(vip) !== card);
  for (const [vip, card] of moved) {
    const servers = topology.services.filter(each => holdsVip(each, vip)).flatMap(each => each.servers);
    for (const name of new Set(servers.map(each => each.name))) {
      const session = sessions.get(name);
      const own = session && (await look(session, topology.name, cardsProbe, parseCards));
      if (own?.includes(card))
        return `${name} answers ARP for ${vip}, in place of a director: its card is ${card}`;
    }
  }
  return undefined;
}

/** Whether a service's real servers hold this VIP as well. */
function holdsVip({ mode, vip }: Service, address: string): boolean {
  return (mode === 'dr' || mode === 'tun') && vip.address === address;
}

async function cardsOf(client: Session, topology: Topology): Promise<Served['cards']> {
  const vips = topology.services
    .filter(each => holdsVip(each, each.vip.address))
    .map(each => each.vip.address);
  if (vips.length === 0) return new Map();
  return (await look(client, topology.name, waysProbe([...new Set(vips)]), parseWays)) ?? new Map();
}

interface Door {
  name: string;
  address: string;
  port: number;
  /** How many connections one after the other come to each real server. */
  turns: number;
}

function doors({ services }: Topology): Door[] {
  const asked = services.filter(({ protocol }) => protocol === 'tcp');
  const all = asked.flatMap(service =>
    service.ports.map(port => ({
      name: `${service.vip.address}:${port}`,
      address: service.vip.address,
      port,
      turns: Math.min(turns(service), MOST),
    })),
  );
  // Port 0 is every port: there is none that must take connections.
  return [...new Map(all.filter(({ port }) => port > 0).map(door => [door.name, door])).values()];
}

async function clientOf({ client }: Topology, line: Connector): Promise<Session | undefined> {
  return client && (await line.open(client.name).catch(() => undefined));
}

/** Whether all connections of a round were taken, or some; undefined: none. */
async function taken(
  client: Session,
  door: Door,
  limit: LimitFunction,
): Promise<'each' | 'some' | undefined> {
  const opened = await Promise.all(
    Array.from({ length: door.turns }, () => limit(() => opens(client, door))),
  );
  if (!opened.includes(true)) return undefined;
  return opened.includes(false) ? 'some' : 'each';
}

async function opens(client: Session, { address, port }: Door): Promise<boolean> {
  const opening = client.tunnel(address, port).then(
    stream => {
      stream.destroy();
      return true;
    },
    () => false,
  );
  return Promise.race([opening, delay(PATIENCE, false, { ref: false })]);
}
