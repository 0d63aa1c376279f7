import { ipvsServices } from '../topology/services.js';
import type { Check, Director, Mode, Service, Topology } from '../topology/topology.js';
import { KEEPALIVED, scriptPath } from './keepalived-places.js';

const METHODS: Readonly<Record<Mode, string>> = { nat: 'NAT', dr: 'DR', tun: 'TUN', proxy: '' };

/** What templates/keepalived/services.conf needs: the virtual servers of one director in keepalived.conf(5)'s words. */
export function virtualServers(topology: Topology, host: Director): object[] {
  return ipvsServices(topology).map(service => ({
    name:
      service.fwmark === undefined ? `${service.vip.address} ${service.port}` : `fwmark ${service.fwmark}`,
    lines: virtualServer(service, host),
    servers: service.servers.map(({ address, port, weight, upper, lower }) => ({
      name: service.fwmark === undefined ? `${address} ${port}` : address,
      lines: [
        `weight ${weight}`,
        ...(upper > 0 ? [`uthreshold ${upper}`] : []),
        ...(lower > 0 ? [`lthreshold ${lower}`] : []),
      ],
      checks: service.checks.map(check => ({ type: check.type, lines: checkLines(check, address, port) })),
    })),
  }));
}

/** Who answers when no real server is left, as keepalived.conf names it; undefined when nobody does. */
export function sorryServer(service: Service, host: Director): { address: string; port: number } | undefined {
  const { sorryServer, sorryPage, mode, port } = service;
  if (sorryServer) return { address: sorryServer.address, port: sorryServer.port ?? port };
  if (sorryPage === undefined) return undefined;
  // The kernel drops what NAT would send to 127.0.0.1 (ip_route_me_harder, rp_filter: a martian).
  return { address: mode === 'nat' ? host.address.address : '127.0.0.1', port };
}

function virtualServer(service: Service, host: Director): string[] {
  const { fwmark, protocol, scheduler, flags, persistence, netmask, onePacket, quorum, hysteresis } = service;
  const sorry = sorryServer(service, host);
  return [
    `delay_loop ${service.delayLoop}`,
    `lvs_sched ${scheduler}`,
    ...flags,
    `lvs_method ${METHODS[service.mode]}${service.mode === 'tun' ? tunnel(service) : ''}`,
    // Without it keepalived takes UDP; with a mark it says that it is ignored.
    ...(fwmark === undefined ? [`protocol ${protocol.toUpperCase()}`] : []),
    ...(onePacket ? ['ops'] : []),
    ...(persistence > 0 ? [`persistence_timeout ${persistence}`] : []),
    ...(persistence > 0 && netmask ? [`persistence_granularity ${netmask}`] : []),
    ...(service.alpha ? ['alpha'] : []),
    ...(service.omega ? ['omega'] : []),
    `quorum ${quorum}`,
    ...(hysteresis > 0 ? [`hysteresis ${hysteresis}`] : []),
    ...(service.inhibitOnFailure ? ['inhibit_on_failure'] : []),
    ...(sorry ? [`sorry_server ${sorry.address}${fwmark === undefined ? ` ${sorry.port}` : ''}`] : []),
  ];
}

function tunnel({ tunnel: { type, port, checksum } }: Service): string {
  if (type === 'ipip') return '';
  return ` type ${type}${type === 'gue' ? ` port ${port}` : ''} ${checksum}`;
}

/** A script gets the real server's address and port as its arguments: keepalived itself tells it nothing. */
function checkLines(check: Check, address: string, serverPort: number): string[] {
  const { type, port, connectTimeout, retry, delayBeforeRetry } = check;
  const common = [`retry ${retry}`, `delay_before_retry ${delayBeforeRetry}`];
  if (type === 'MISC_CHECK') {
    const words = [scriptPath(check.script!), address, String(port ?? serverPort)];
    return [
      `misc_path "${words.join(' ')}"`,
      ...(check.timeout === undefined ? [] : [`misc_timeout ${check.timeout}`]),
      ...common,
    ];
  }
  return [
    ...(port === undefined || type === 'PING_CHECK' ? [] : [`connect_port ${port}`]),
    `connect_timeout ${connectTimeout}`,
    ...common,
    ...own(check),
  ];
}

/** What only this type of check has. */
function own({ type, path, status, virtualhost, digest, name, recordType, heloName }: Check): string[] {
  switch (type) {
    case 'HTTP_GET':
    case 'SSL_GET':
      return [
        ...(type === 'SSL_GET' && virtualhost ? ['enable_sni'] : []),
        'url {',
        `    path ${encoded(path ?? '/')}`,
        ...(status === undefined ? [] : [`    status_code ${status}`]),
        ...(virtualhost === undefined ? [] : [`    virtualhost ${virtualhost}`]),
        ...(digest === undefined ? [] : [`    digest ${digest}`]),
        '}',
      ];
    case 'DNS_CHECK':
      return [
        ...(recordType === undefined ? [] : [`type ${recordType}`]),
        ...(name === undefined ? [] : [`name ${name}`]),
      ];
    case 'SMTP_CHECK':
      return heloName === undefined ? [] : [`helo_name ${heloName}`];
    default:
      return [];
  }
}

/** The same path without what means something to keepalived.conf(5): comments, quotes, variables, `~SEQ`. */
function encoded(path: string): string {
  return path.replace(
    /[^A-Za-z0-9/?&=%+,;:._*()-]/g,
    char => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

/** Every script that checks run, once. */
export function checkScripts(topology: Topology): readonly { path: string; content: string }[] {
  return ipvsServices(topology).flatMap(({ checks }) => checks.flatMap(({ script }) => script ?? []));
}

/** Where the services of a director stand. */
export const SERVICES = `${KEEPALIVED}/conf.d/lvsctl-services.conf`;
