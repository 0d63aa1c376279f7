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

/** How ipvs forwards a packet: NAT (masquerading), direct routing, IP-in-IP tunnel. */
export type Mode = 'nat' | 'dr' | 'tun';
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
  /** NAT: the interface towards the clients, which holds the VIP. The inside interface when not given. */
  outside?: string;
  /** NAT: an extra inside address that the real servers use as gateway, ours to hold. */
  gateway?: Interface4;
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
  port: number;
  /** The text written to index.html; nothing is written when not given. */
  page?: string;
  place: Place;
}

export interface RealServer extends Host {
  weight: number;
  /** The default gateway; for NAT the director's inside address when not given. */
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

/** One virtual service of the kernel's ipvs table. */
export interface Service {
  vip: Interface4;
  port: number;
  protocol: Protocol;
  mode: Mode;
  scheduler: string;
  flags: readonly string[];
  /** Seconds; 0 without persistence. */
  persistence: number;
  /** Real servers by host name, with the port and weight they have in this service. */
  servers: readonly { name: string; address: string; port: number; weight: number }[];
  place: Place;
}

/** A machine that lvsctl never writes to: where verify sends its requests from, or the lab's router. */
export interface Bystander {
  name: string;
  address: Interface4;
  interface?: string;
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
  client?: Bystander;
  routers: readonly Bystander[];
}

/** Every host that lvsctl manages, in the order of the file. */
export function hosts(topology: Topology): readonly Host[] {
  return [...topology.directors, ...topology.realServers, ...(topology.nfs ? [topology.nfs] : [])];
}
