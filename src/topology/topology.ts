import type { Secret } from './secret.js';

/** Where something stands in the file that a person wrote; lines and columns count from 1. */
export interface Place {
  file: string;
  line: number;
  column: number;
}

/** One thing that is wrong, where, and what to do about it. */
export interface Fault {
  place?: Place;
  message: string;
  remedy: string;
}

/** How ipvs forwards a packet: NAT (masquerading), direct routing, IP-in-IP tunnel; or, without ipvs, by nginx. */
export type Mode = 'nat' | 'dr' | 'tun' | 'proxy';
export type Protocol = 'tcp' | 'udp';

/** An address with the prefix length of the network it stands in: 192.168.80.10/24. */
export interface Interface4 {
  address: string;
  prefix: number;
}

/** A machine of the cluster that lvsctl reads and writes over SSH. */
export interface Host {
  name: string;
  /** Its base address: a fact that is checked on the host, never written. */
  address: Interface4;
  /** The interface that holds `address`; found by the address when the file does not say. */
  interface?: string;
  place: Place;
}

export interface Director extends Host {
  /** The interface towards the clients, which holds the VIP. The inside interface when not given. */
  outside?: string;
  /** The base address of `outside`, which VRRP speaks from: checked, never written. */
  outsideAddress?: Interface4;
  /** NAT: an extra inside address that the real servers use as gateway, ours to hold. */
  gateway?: Interface4;
  /** VRRP: 1 to 254, the highest becomes master. */
  priority: number;
}

export interface Mount {
  share: string;
  at: string;
  options: readonly string[];
  place: Place;
}

export interface WebServer {
  server: 'nginx' | 'apache';
  root: string;
  /** Those among `Topology.tls.ports` speak TLS. */
  ports: readonly number[];
  /** The text written to index.html; nothing is written when not given. */
  page?: string;
  place: Place;
}

export interface RealServer extends Host {
  weight: number;
  /** Connections above which it gets no new ones (0: no limit), and below which it gets them again. */
  upper: number;
  lower: number;
  /** The default gateway, ours to hold when given; for NAT the director's inside address when not given. */
  gateway?: string;
  mounts: readonly Mount[];
  web?: WebServer;
}

export interface Share {
  name: string;
  path: string;
  /** Who may mount it: a network, an address. */
  clients: string;
  options: readonly string[];
  place: Place;
}

export interface NfsServer extends Host {
  shares: readonly Share[];
}

/** How packets are wrapped on their way to a real server. */
export interface Tunnel {
  type: 'ipip' | 'gue' | 'gre';
  /** gue: the UDP port of the real servers. */
  port?: number;
  checksum: 'nocsum' | 'csum' | 'remcsum';
  /** The smallest MTU on the way, in bytes. */
  mtu: number;
}

/** A script of the topology's folder that is pushed to hosts. */
export interface Script {
  /** As the topology names it. */
  path: string;
  content: string;
}

/** What keepalived asks a real server; options by keepalived's own words, only those of its type. */
export interface Check {
  type: CheckType;
  /** The real server's own when not given. */
  port?: number;
  /** HTTP_GET, SSL_GET */
  path?: string;
  status?: number;
  virtualhost?: string;
  digest?: string;
  /** MISC_CHECK; `timeout` in seconds. */
  script?: Script;
  timeout?: number;
  /** DNS_CHECK */
  name?: string;
  recordType?: string;
  /** SMTP_CHECK */
  heloName?: string;
  /** Seconds. */
  connectTimeout: number;
  retry: number;
  /** Seconds. */
  delayBeforeRetry: number;
  place: Place;
}

export type CheckType =
  | 'HTTP_GET'
  | 'SSL_GET'
  | 'TCP_CHECK'
  | 'MISC_CHECK'
  | 'DNS_CHECK'
  | 'SMTP_CHECK'
  | 'PING_CHECK'
  | 'UDP_CHECK';

/** One virtual service: of the kernel's ipvs table, or (mode proxy) of nginx on the directors. */
export interface Service {
  vip: Interface4;
  /** 0 with a firewall mark, or (with persistence) for every port. */
  port: number;
  /** Packets to the VIP's `ports` are marked, and the mark is the service. */
  fwmark?: number;
  /** Every port that clients ask for: `port` alone, or those that are marked. */
  ports: readonly number[];
  protocol: Protocol;
  mode: Mode;
  scheduler: string;
  flags: readonly string[];
  /** Seconds; 0 without persistence. */
  persistence: number;
  /** Of the persistence, dotted; '' for single clients. */
  netmask: string;
  /** UDP: every packet is scheduled by itself. */
  onePacket: boolean;
  /** mode tun */
  tunnel: Tunnel;
  /** Real servers by host name, with the port and weight they have in this service. */
  servers: readonly {
    name: string;
    address: string;
    port: number;
    weight: number;
    upper: number;
    lower: number;
  }[];
  /** Where keepalived holds the table: all must pass. */
  checks: readonly Check[];
  /** Seconds between two checks. */
  delayLoop: number;
  /** In weight. */
  quorum: number;
  hysteresis: number;
  inhibitOnFailure: boolean;
  alpha: boolean;
  omega: boolean;
  /** Who answers when no real server is left; without a port, the one that was asked for. */
  sorryServer?: { address: string; port?: number; place: Place };
  /** The page that the directors answer with then. */
  sorryPage?: string;
  place: Place;
}

/** Where verify sends its requests from; lvsctl never writes to it. */
export interface Client {
  name: string;
  address: Interface4;
  interface?: string;
  /** Its default gateway in the lab; the router of its network when not given. */
  gateway?: string;
  place: Place;
}

/** A machine that joins networks; lvsctl never writes to it. */
export interface Router {
  name: string;
  addresses: readonly Interface4[];
  routes: readonly { to: string; via: string }[];
  place: Place;
}

/** keepalived checks the real servers and holds the ipvs table. */
export interface Keepalived {
  mail?: { to: readonly string[]; from: string; server: string; port: number };
  place: Place;
}

/** How several directors agree on who holds the VIPs. */
export interface Vrrp {
  instance: string;
  virtualRouterId: number;
  /** NAT: of the instance that holds the gateway VIP. */
  gatewayVirtualRouterId: number;
  /** Seconds. */
  advertInt: number;
  authPass?: Secret;
  /** Of the first VIP. */
  label?: string;
  /** A number: after so many seconds. */
  preempt: 'now' | 'none' | number;
  peers: 'multicast' | 'unicast';
  multicastGroup: string;
  connectionSync: boolean;
  notify: Readonly<Partial<Record<'master' | 'backup' | 'fault' | 'stop', Script>>>;
  track: {
    interfaces: readonly { interface: string; weight?: number }[];
    processes: readonly { process: string; weight?: number }[];
    scripts: readonly TrackedScript[];
  };
  place: Place;
}

/** Times in seconds; without a weight its failure is a FAULT. */
export interface TrackedScript {
  script: Script;
  interval: number;
  timeout: number;
  weight?: number;
  fall: number;
  rise: number;
}

/** mode proxy: how nginx is watched on the directors; times in seconds. */
export interface NginxWatch {
  weight: number;
  interval: number;
  timeout: number;
  fall: number;
  rise: number;
  selfHealing: boolean;
}

/** Where TLS is spoken; certificate and key lie on the hosts. */
export interface Tls {
  certificate: string;
  key: string;
  ports: readonly number[];
}

/** Where operators come from, and the router that leads back to them. */
export interface Management {
  network: Interface4;
  via: string;
  place: Place;
}

/** What a cluster is, checked and with every default written out. */
export interface Topology {
  file: string;
  /** The text of the file as it was read. */
  source: string;
  /** sha256 of the file's bytes, in hex. */
  digest: string;
  name: string;
  /** Whether lvsctl installs missing packages, or only requires them. */
  packages: 'install' | 'require';
  /** NAT: connections that real servers start leave with the VIP as source. */
  snat: boolean;
  directors: readonly Director[];
  realServers: readonly RealServer[];
  nfs?: NfsServer;
  services: readonly Service[];
  /** Given when keepalived holds the VIPs and the ipvs table; else lvsctl itself does. */
  keepalived?: Keepalived;
  /** Given with several directors. */
  vrrp?: Vrrp;
  /** NAT with several directors: the inside address that real servers use as gateway. */
  gatewayVip?: Interface4;
  /** Reached past the default route by every real server whose default route is ours. */
  management?: Management;
  proxy: NginxWatch;
  tls?: Tls;
  /** Seconds; the kernel's own when not given. */
  timeouts: Readonly<Partial<Record<'tcp' | 'tcpfin' | 'udp', number>>>;
  connTabBits?: number;
  /** net.ipv4.vs.NAME -> value */
  vs: Readonly<Record<string, string>>;
  client?: Client;
  routers: readonly Router[];
}

/** Every host that lvsctl manages, in the order of the file. */
export function hosts(topology: Topology): readonly Host[] {
  return [...topology.directors, ...topology.realServers, ...(topology.nfs ? [topology.nfs] : [])];
}
