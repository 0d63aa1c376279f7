import type { Parsed } from './document.js';
import type { Path } from './locate.js';
import { contains, parseInterface4 } from './network.js';
import type { Text } from './read.js';
import type { Bystander, Director, Host, RealServer, Service, Topology, WebServer } from './topology.js';
import type { Persistence, Written, WrittenHost, WrittenServer, WrittenService } from './written.js';

/** A checked document with every default written out. */
export function expand({ file, text, digest }: Text, document: Parsed): Topology {
  const written = document.value as Written;
  const directors = written.directors.map((director, index) => expandDirector(document, director, index));
  const services = written.services.map((service, index) => expandService(document, written, service, index));
  return {
    file,
    source: text,
    digest,
    name: written.name,
    packages: written.packages,
    snat: written.snat,
    directors,
    realServers: written.realServers.map((server, index) =>
      expandServer(document, server, index, directors, services),
    ),
    nfs: written.nfs && {
      ...expandHost(document, written.nfs, ['nfs']),
      shares: written.nfs.shares.map((share, index) => ({
        ...share,
        place: document.place(['nfs', 'shares', index]),
      })),
    },
    services,
    client: written.client && expandHost(document, written.client, ['client']),
    routers: written.routers.map((router, index) => expandHost(document, router, ['routers', index])),
  };
}

function expandHost(document: Parsed, host: WrittenHost, path: Path): Host & Bystander {
  return {
    name: host.name,
    address: parseInterface4(host.address),
    interface: host.interface,
    place: document.place(path),
  };
}

function expandDirector(document: Parsed, director: Written['directors'][number], index: number): Director {
  return {
    ...expandHost(document, director, ['directors', index]),
    outside: director.outside,
    gateway: director.gateway === undefined ? undefined : parseInterface4(director.gateway),
  };
}

function expandServer(
  document: Parsed,
  server: WrittenServer,
  index: number,
  directors: readonly Director[],
  services: readonly Service[],
): RealServer {
  const path: Path = ['realServers', index];
  const own = services.filter(({ servers }) => servers.some(({ name }) => name === server.name));
  const host = expandHost(document, server, path);
  const nat = own.some(({ mode }) => mode === 'nat');
  return {
    ...host,
    weight: server.weight,
    gateway: server.gateway ?? (nat ? insideGateway(directors, host.address.address) : undefined),
    mounts: server.mounts.map((mount, at) => ({ ...mount, place: document.place([...path, 'mounts', at]) })),
    web: server.web && expandWeb(document, server.web, server.name, own[0], [...path, 'web']),
  };
}

/** What a real server of LVS-NAT must use as gateway, so that its replies pass the director. */
function insideGateway(directors: readonly Director[], address: string): string | undefined {
  const director = directors.find(director => contains(director.address, address));
  return director && (director.gateway ?? director.address).address;
}

function expandWeb(
  document: Parsed,
  web: NonNullable<WrittenServer['web']>,
  name: string,
  service: Service | undefined,
  path: Path,
): WebServer {
  const served = service?.servers.find(server => server.name === name)?.port;
  return { ...web, port: web.port ?? (served || 80), place: document.place(path) };
}

function expandService(document: Parsed, written: Written, service: WrittenService, index: number): Service {
  const chosen = written.realServers.filter(({ name }) => service.servers?.includes(name) ?? true);
  return {
    vip: parseInterface4((service.vip ?? written.vip)!),
    port: service.port,
    protocol: service.protocol,
    mode: service.mode ?? written.mode,
    scheduler: service.scheduler ?? written.scheduler,
    flags: service.flags,
    persistence: seconds(service.persistence ?? written.persistence),
    servers: chosen.map(server => ({
      name: server.name,
      address: parseInterface4(server.address).address,
      port: service.targetPort ?? service.port,
      weight: service.weights[server.name] ?? server.weight,
    })),
    place: document.place(['services', index]),
  };
}

function seconds(persistence: Persistence): number {
  return typeof persistence === 'number' ? persistence : persistence.timeout;
}
