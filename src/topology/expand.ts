import type { Attachments } from './attachments.js';
import type { Parsed } from './document.js';
import { expandService } from './expand-service.js';
import { expandVrrp } from './expand-vrrp.js';
import type { Path } from './locate.js';
import { contains, parseInterface4 } from './network.js';
import type { Text } from './read.js';
import type { Director, Host, RealServer, Service, Topology, WebServer } from './topology.js';
import type { Written, WrittenHost, WrittenServer } from './written.js';

const PROXY = { weight: -30, interval: 1, timeout: 2, fall: 3, rise: 5, selfHealing: false };

/** A checked document with every default written out. */
export function expand(read: Text, document: Parsed, outside: Attachments): Topology {
  const written = document.value as Written;
  const { keepalived, vrrp } = written;
  const directors = written.directors.map((director, index) => expandDirector(document, director, index));
  const services = written.services.map((service, index) =>
    expandService(document, written, service, index, outside),
  );
  const gatewayVip = written.gatewayVip === undefined ? undefined : parseInterface4(written.gatewayVip);
  const held = keepalived !== undefined || vrrp !== undefined || directors.length > 1;
  return {
    file: read.file,
    source: read.text,
    get digest() {
      return read.digest;
    },
    name: written.name,
    packages: written.packages,
    snat: written.snat,
    directors,
    realServers: written.realServers.map((server, index) =>
      expandServer(document, server, index, { directors, gatewayVip, services }),
    ),
    nfs: written.nfs && {
      ...expandHost(document, written.nfs, ['nfs']),
      shares: written.nfs.shares.map((share, index) => ({
        ...share,
        place: document.place(['nfs', 'shares', index]),
      })),
    },
    services,
    ...(held && {
      keepalived: {
        ...(keepalived?.mail && { mail: { port: 25, ...keepalived.mail } }),
        place: document.place([keepalived ? 'keepalived' : vrrp ? 'vrrp' : 'directors']),
      },
    }),
    ...(vrrp && { vrrp: expandVrrp(document, vrrp, outside) }),
    ...(gatewayVip && { gatewayVip }),
    ...(written.management && {
      management: {
        network: parseInterface4(written.management.network),
        via: written.management.via,
        place: document.place(['management']),
      },
    }),
    proxy: written.proxy ?? PROXY,
    ...(written.tls && { tls: written.tls }),
    timeouts: written.timeouts ?? {},
    ...(written.connTabBits !== undefined && { connTabBits: written.connTabBits }),
    vs: Object.fromEntries(Object.entries(written.vs).map(([name, value]) => [name, String(value)])),
    client: written.client && {
      ...expandHost(document, written.client, ['client']),
      ...(written.client.gateway !== undefined && { gateway: written.client.gateway }),
    },
    routers: written.routers.map(({ name, addresses, routes }, index) => ({
      name,
      addresses: addresses.map(parseInterface4),
      routes,
      place: document.place(['routers', index]),
    })),
  };
}

function expandHost(document: Parsed, host: WrittenHost, path: Path): Host {
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
    ...(director.outsideAddress !== undefined && {
      outsideAddress: parseInterface4(director.outsideAddress),
    }),
    gateway: director.gateway === undefined ? undefined : parseInterface4(director.gateway),
    priority: director.priority ?? Math.max(1, 100 - 20 * index),
  };
}

function expandServer(
  document: Parsed,
  server: WrittenServer,
  index: number,
  { directors, gatewayVip, services }: Pick<Topology, 'directors' | 'gatewayVip' | 'services'>,
): RealServer {
  const path: Path = ['realServers', index];
  const own = services.filter(({ servers }) => servers.some(({ name }) => name === server.name));
  const host = expandHost(document, server, path);
  const nat = own.some(({ mode }) => mode === 'nat');
  // What a real server of LVS-NAT must use as gateway, so that its replies pass the director.
  const beside = directors.find(({ address }) => contains(address, host.address.address));
  const inside = beside && (gatewayVip ?? beside.gateway ?? beside.address);
  return {
    ...host,
    weight: server.weight,
    upper: server.upperThreshold,
    lower: server.lowerThreshold,
    gateway: server.gateway ?? (nat ? inside?.address : undefined),
    mounts: server.mounts.map((mount, at) => ({ ...mount, place: document.place([...path, 'mounts', at]) })),
    web: server.web && expandWeb(document, server.web, server.name, own, [...path, 'web']),
  };
}

function expandWeb(
  document: Parsed,
  { port, ...web }: NonNullable<WrittenServer['web']>,
  name: string,
  services: readonly Service[],
  path: Path,
): WebServer {
  const served = services
    .filter(({ protocol }) => protocol === 'tcp')
    .flatMap(({ servers, ports }) => {
      const own = servers.find(server => server.name === name)!.port;
      return own ? [own] : ports.filter(Boolean);
    });
  const ports = port !== undefined ? [port] : [...new Set(served)];
  return { ...web, ports: ports.length > 0 ? ports : [80], place: document.place(path) };
}
