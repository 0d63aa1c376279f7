import type { Check, Mode, NginxWatch, Protocol, TrackedScript, Tunnel, Vrrp } from './topology.js';

/** A topology file as it is written, once the schema has passed and filled in its defaults. */
export interface Written {
  name: string;
  mode: Mode;
  vip?: string;
  gatewayVip?: string;
  management?: { network: string; via: string };
  scheduler: string;
  persistence: Persistence;
  tunnel?: Tunnel;
  packages: 'install' | 'require';
  snat: boolean;
  directors: WrittenDirector[];
  realServers: WrittenServer[];
  nfs?: WrittenHost & { shares: { name: string; path: string; clients: string; options: string[] }[] };
  services: WrittenService[];
  keepalived?: { mail?: { to: string[]; from: string; server: string; port?: number } };
  vrrp?: WrittenVrrp;
  proxy?: NginxWatch;
  tls?: { certificate: string; key: string; ports: number[] };
  timeouts?: { tcp?: number; tcpfin?: number; udp?: number };
  connTabBits?: number;
  vs: Record<string, number | string>;
  client?: WrittenHost & { gateway?: string };
  routers: { name: string; addresses: string[]; routes: { to: string; via: string }[] }[];
}

/** Name, address/prefix and interface, which directors, servers and clients share. */
export interface WrittenHost {
  name: string;
  address: string;
  interface?: string;
}

interface WrittenDirector extends WrittenHost {
  outside?: string;
  outsideAddress?: string;
  gateway?: string;
  priority?: number;
}

export interface WrittenServer extends WrittenHost {
  weight: number;
  upperThreshold: number;
  lowerThreshold: number;
  gateway?: string;
  mounts: { share: string; at: string; options: string[] }[];
  web?: { server: 'nginx' | 'apache'; root: string; port?: number; page?: string };
}

export interface WrittenService {
  vip?: string;
  port?: number;
  fwmark?: number;
  ports?: number[];
  protocol: Protocol;
  mode?: Mode;
  scheduler?: string;
  flags: string[];
  persistence?: Persistence;
  onePacket: boolean;
  tunnel?: Tunnel;
  targetPort?: number;
  weights: Record<string, number>;
  servers?: string[];
  checks?: WrittenCheck[];
  delayLoop: number;
  quorum: number;
  hysteresis: number;
  inhibitOnFailure: boolean;
  alpha: boolean;
  omega: boolean;
  sorryServer?: { address: string; port?: number };
  sorryPage?: string;
}

export interface WrittenCheck extends Omit<Check, 'script' | 'place'> {
  script?: string;
}

export interface WrittenVrrp
  extends Omit<Vrrp, 'gatewayVirtualRouterId' | 'authPass' | 'notify' | 'track' | 'place'> {
  gatewayVirtualRouterId?: number;
  authPass?: WrittenSecret;
  notify?: Partial<Record<keyof Vrrp['notify'], string>>;
  track: Omit<Vrrp['track'], 'scripts'> & {
    scripts: (Omit<TrackedScript, 'script'> & { script: string })[];
  };
}

/** Where a secret is kept: exactly one of the two. */
export interface WrittenSecret {
  env?: string;
  file?: string;
}

/** Seconds, alone or under their name. */
export type Persistence = number | { timeout: number; netmask?: string };
