import type { Connector } from '../hosts/connect.js';
import { look } from '../hosts/look.js';
import { request } from '../hosts/request.js';
import { Unreachable } from '../hosts/session.js';
import {
  answeringProbe,
  type Evidence,
  lostAnswers,
  parseAnswering,
  parseSentOn,
  sentOnProbe,
} from '../plan/lost-answer.js';
import { promise } from '../plan/promise.js';
import type { Verification } from '../plan/verification.js';
import { jsonText } from '../report/json-text.js';
import { verifyText } from '../report/verify-text.js';
import { type Command, Unreadable } from '../resources/kind.js';
import { factsProbe, parseFacts } from '../systems/read-facts.js';
import { Faults } from '../topology/faults.js';
import { withDrained } from '../topology/services.js';
import type { Service, Topology } from '../topology/topology.js';
import { connectorOf } from './cluster.js';
import type { ClusterOptions, Io } from './io.js';
import { topologyOf } from './topology.js';

/** A refusal is heard sooner; who fails after this waited for an answer. */
const SILENCE_MS = 2000;

export interface VerifyOptions extends ClusterOptions {
  requests: number;
  path: string;
  /** Send from this machine, not from the client. */
  here?: boolean;
}

/** `lvsctl verify`: sends requests to every virtual service, and says who answered and whether that is as promised. */
export async function verify(options: VerifyOptions, io: Io): Promise<number> {
  const written = await topologyOf(options, io);
  const line = await connectorOf(written, options);
  try {
    const topology = withDrained(written, await drained(written, line));
    const results = [];
    for (const service of topology.services.filter(({ protocol }) => protocol === 'tcp')) {
      results.push(await verifyService(topology, service, line, options));
    }
    for (const result of results) {
      if (options.json) io.out(`${jsonText(result)}\n`);
      else io.out(verifyText(result, { paint: io.paint, unicode: io.unicode }));
    }
    const bad = results.some(({ verdict, failed }) => verdict === 'not as promised' || failed.length > 0);
    return bad ? 1 : 0;
  } finally {
    await line.close();
  }
}

/** Real servers that the first director has drained: nothing is promised of them. */
async function drained(topology: Topology, line: Connector): Promise<readonly string[]> {
  const director = await line.open(topology.directors[0]!.name);
  const facts = await look(director, topology.name, factsProbe, text => parseFacts(director.host, text));
  return facts?.mark?.drained ?? [];
}

/**
 * Asks each real server for its page through the director first, so that an answer can be told from another; then
 * sends the requests to the VIP one after the other, each on a connection of its own.
 */
async function verifyService(
  topology: Topology,
  service: Service,
  line: Connector,
  options: VerifyOptions,
): Promise<Verification> {
  const started = Date.now();
  const director = await line.open(topology.directors[0]!.name);
  const pages = new Map<string, string[]>();
  for (const { name, address, port } of service.servers) {
    const answer = await request(() => director.tunnel(address, port), address, options.path);
    if ('body' in answer) pages.set(answer.body, [...(pages.get(answer.body) ?? []), name]);
  }
  const source = options.here ? undefined : await clientOf(topology, line);
  const { address } = service.vip;
  const bodies: string[] = [];
  const failed = new Map<string, number>();
  // Each waits for its limit: so many tell as much as all.
  const enough = 2 * service.servers.length;
  let silent = 0;
  let sent = 0;
  for (; sent < options.requests && silent < enough; sent++) {
    const begun = Date.now();
    const answer = await request(
      source && (() => source.tunnel(address, service.port)),
      address,
      options.path,
      service.port,
    );
    if ('body' in answer) bodies.push(answer.body);
    else failed.set(answer.message, (failed.get(answer.message) ?? 0) + 1);
    if (!('body' in answer) && Date.now() - begun > SILENCE_MS) silent++;
  }
  const lost = silent > 0 ? await whereLost(topology, service, line, options) : [];
  const answeredBy = (name: string) =>
    bodies.filter(body => pages.get(body)?.length === 1 && pages.get(body)![0] === name).length;
  const counts = new Map(service.servers.map(({ name }) => [name, answeredBy(name)]));
  const told = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const { expected, verdict } = promise(service, counts, told === bodies.length ? bodies.length : 0);
  return {
    vip: address,
    port: service.port,
    protocol: service.protocol,
    scheduler: service.scheduler,
    sent,
    answered: bodies.length,
    failed: [...failed].map(([message, count]) => ({ message, count })),
    byServer: service.servers.map(({ name, weight }) => ({
      name,
      weight,
      answered: counts.get(name)!,
      expected: expected.get(name)!,
    })),
    verdict,
    bodies: [...new Set(bodies)].map(text => ({ text, count: bodies.filter(body => body === text).length })),
    ...(lost.length > 0 && { lost }),
    seconds: (Date.now() - started) / 1000,
  };
}

async function clientOf(topology: Topology, line: Connector) {
  if (!topology.client) {
    const message = 'the topology names no client to send requests from';
    throw new Faults([{ message, remedy: 'add `client:`, or send them from here with --here' }]);
  }
  return line.open(topology.client.name);
}

/** With DR and TUN answers do not pass the director: what each host knows of the requests without one. */
async function whereLost(topology: Topology, service: Service, line: Connector, options: VerifyOptions) {
  if (service.mode !== 'dr' && service.mode !== 'tun') return [];
  const client = options.here ? '' : topology.client!.address.address;
  const read = async <T>(host: string, command: Command, parse: (output: string) => T) => {
    try {
      return await look(await line.open(host), topology.name, command, parse);
    } catch (error) {
      if (error instanceof Unreachable || error instanceof Unreadable) return undefined;
      throw error;
    }
  };
  const tables = await Promise.all(
    topology.directors.map(({ name }) => read(name, sentOnProbe, parseSentOn)),
  );
  const answering = await Promise.all(
    service.servers.map(async ({ name }) => {
      const known = await read(name, answeringProbe(service.vip.address, client), parseAnswering);
      return [name, known] as const;
    }),
  );
  const servers: Evidence['servers'] = new Map(
    answering.flatMap(([name, known]) => (known ? [[name, known]] : [])),
  );
  return lostAnswers(topology, service, client, { sentOn: tables.flatMap(table => table ?? []), servers });
}
