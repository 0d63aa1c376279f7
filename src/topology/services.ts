import type { Interface4, Mode, Place, RealServer, Service, Topology } from './topology.js';

/** The services that are ipvs's, not nginx's. */
export function ipvsServices({ services }: Topology): readonly Service[] {
  return services.filter(({ mode }) => mode !== 'proxy');
}

/** Whether real servers answer clients themselves, with the VIP as sender: LVS-DR and LVS-TUN. */
export function answersItself({ mode }: Service): boolean {
  return mode === 'dr' || mode === 'tun';
}

/** The services of these modes that a real server serves. */
export function servedBy(
  { services }: Topology,
  { name }: RealServer,
  ...modes: readonly Mode[]
): readonly Service[] {
  return services.filter(
    ({ mode, servers }) => modes.includes(mode) && servers.some(server => server.name === name),
  );
}

/** The name of the real server that a table has as `ADDRESS:PORT`; the address itself when it is nobody's. */
export function serverName({ realServers }: Topology, server: string): string {
  const address = server.split(':')[0]!;
  return realServers.find(each => each.address.address === address)?.name ?? address;
}

/** Every VIP once, at the first service that has it. */
export function vips({ services }: Pick<Topology, 'services'>): readonly { vip: Interface4; place: Place }[] {
  return [
    ...new Map([...services].reverse().map(service => [service.vip.address, service])).values(),
  ].reverse();
}

/** Whether a port speaks TLS. */
export function isSecure({ tls }: Topology, port: number): boolean {
  return tls?.ports.includes(port) ?? false;
}

/** The same topology with weight 0 for these real servers: they get no new connections. */
export function withDrained(topology: Topology, names: readonly string[]): Topology {
  if (names.length === 0) return topology;
  const services = topology.services.map(service => ({
    ...service,
    servers: service.servers.map(server => (names.includes(server.name) ? { ...server, weight: 0 } : server)),
  }));
  return { ...topology, services };
}
