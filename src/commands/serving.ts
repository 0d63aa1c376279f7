import { setTimeout as delay } from 'node:timers/promises';
import type { Connector } from '../hosts/connect.js';
import type { Session } from '../hosts/session.js';
import type { Topology } from '../topology/topology.js';

/** Milliseconds that one connection may take to be accepted. */
const PATIENCE = 3000;
/** How often a service is asked again, a second apart: a health check may have to pass first. */
const TRIES = 15;

/**
 * The virtual services (`VIP:PORT`, tcp) that take a connection from the client. None where the topology names no client
 * or it cannot be reached: from elsewhere there may be no way to the VIP.
 */
export async function serving(topology: Topology, line: Connector): Promise<ReadonlySet<string>> {
  const client = await clientOf(topology, line);
  if (!client) return new Set();
  const asked = doors(topology).map(async door => ((await opens(client, door)) ? [door.name] : []));
  const open = await Promise.all(asked);
  await client.close();
  return new Set(open.flat());
}

/** Why the cluster serves less than it did before, asked over a connection of its own; undefined when it does not. */
export async function servesLess(
  before: ReadonlySet<string>,
  topology: Topology,
  line: Connector,
): Promise<string | undefined> {
  const asked = doors(topology).filter(({ name }) => before.has(name));
  if (asked.length === 0) return undefined;
  const client = await clientOf(topology, line);
  if (!client) return 'the client, which asked at the VIP before the apply, cannot be reached any more';
  const shut = asked.map(async door => {
    for (let tries = TRIES; tries > 0; tries--) {
      if (await opens(client, door)) return [];
      await delay(1000);
    }
    return [door.name];
  });
  const names = (await Promise.all(shut)).flat();
  await client.close();
  if (names.length === 0) return undefined;
  return `${names.join(', ')} took connections from ${client.host} before the apply, and takes none now`;
}

interface Door {
  name: string;
  address: string;
  port: number;
}

function doors({ services }: Topology): Door[] {
  const asked = services.filter(({ protocol }) => protocol === 'tcp');
  const all = asked.flatMap(({ vip: { address }, ports }) => ports.map(port => ({ address, port })));
  // Port 0 is every port: there is none that must take connections.
  const named = all
    .filter(({ port }) => port > 0)
    .map(door => [`${door.address}:${door.port}`, door] as const);
  return [...new Map(named)].map(([name, door]) => ({ name, ...door }));
}

async function clientOf({ client }: Topology, line: Connector): Promise<Session | undefined> {
  return client && (await line.open(client.name).catch(() => undefined));
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
