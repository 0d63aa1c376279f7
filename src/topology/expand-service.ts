import type { Attachments } from './attachments.js';
import type { Parsed } from './document.js';
import type { Path } from './locate.js';
import { parseInterface4 } from './network.js';
import type { Check, Service, Tunnel } from './topology.js';
import type { Persistence, Written, WrittenCheck, WrittenService } from './written.js';

const TUNNEL: Tunnel = { type: 'ipip', checksum: 'nocsum', mtu: 1500 };

/** keepalived.conf(5): a real server without a check always counts as up. */
const TCP_CHECK = { type: 'TCP_CHECK', connectTimeout: 3, retry: 3, delayBeforeRetry: 1 } as const;

/** A virtual service with every default written out. */
export function expandService(
  document: Parsed,
  written: Written,
  service: WrittenService,
  index: number,
  outside: Attachments,
): Service {
  const path: Path = ['services', index];
  const place = document.place(path);
  const { fwmark, onePacket, flags, protocol, delayLoop, quorum, hysteresis } = service;
  const { inhibitOnFailure, alpha, omega, sorryServer, sorryPage } = service;
  const chosen = written.realServers.filter(({ name }) => service.servers?.includes(name) ?? true);
  const port = fwmark === undefined ? service.port! : 0;
  const ports = fwmark === undefined ? [port] : service.ports!;
  const persistence = service.persistence ?? written.persistence;
  return {
    vip: parseInterface4((service.vip ?? written.vip)!),
    port,
    ...(fwmark !== undefined && { fwmark }),
    ports,
    protocol,
    mode: service.mode ?? written.mode,
    scheduler: service.scheduler ?? written.scheduler,
    flags,
    persistence: seconds(persistence),
    netmask: netmask(persistence),
    onePacket,
    tunnel: service.tunnel ?? written.tunnel ?? TUNNEL,
    servers: chosen.map(server => ({
      name: server.name,
      address: parseInterface4(server.address).address,
      port: service.targetPort ?? port,
      weight: Object.hasOwn(service.weights, server.name) ? service.weights[server.name]! : server.weight,
      upper: server.upperThreshold,
      lower: server.lowerThreshold,
    })),
    checks:
      service.checks?.map((check, at) => expandCheck(document, check, [...path, 'checks', at], outside)) ??
      standardChecks(service, ports, place),
    delayLoop,
    quorum,
    hysteresis,
    inhibitOnFailure,
    alpha,
    omega,
    ...(sorryServer && { sorryServer: { ...sorryServer, place: document.place([...path, 'sorryServer']) } }),
    ...(sorryPage !== undefined && { sorryPage }),
    place,
  };
}

function expandCheck(document: Parsed, check: WrittenCheck, path: Path, outside: Attachments): Check {
  const { script, ...rest } = check;
  return { ...rest, ...(script && { script: outside.scripts.get(script)! }), place: document.place(path) };
}

function standardChecks(service: WrittenService, ports: readonly number[], place: Check['place']): Check[] {
  if (service.protocol !== 'tcp' || ports.includes(0)) return [];
  if (service.fwmark === undefined) return [{ ...TCP_CHECK, place }];
  return ports.map(port => ({ ...TCP_CHECK, port, place }));
}

function seconds(persistence: Persistence): number {
  return typeof persistence === 'number' ? persistence : persistence.timeout;
}

/** '' for single clients, as `ipvsadm -Sn` leaves 255.255.255.255 out. */
function netmask(persistence: Persistence): string {
  const mask = typeof persistence === 'number' ? undefined : persistence.netmask;
  return mask === undefined || mask === '255.255.255.255' ? '' : mask;
}
