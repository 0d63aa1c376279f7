import type { Mode, Protocol } from './topology.js';

/** A topology file as it is written, once the schema has passed and filled in its defaults. */
export interface Written {
  name: string;
  mode: Mode;
  vip?: string;
  scheduler: string;
  persistence: Persistence;
  packages: 'install' | 'require';
  snat: boolean;
  directors: (WrittenHost & { outside?: string; gateway?: string })[];
  realServers: WrittenServer[];
  nfs?: WrittenHost & { shares: { name: string; path: string; clients: string; options: string[] }[] };
  services: WrittenService[];
  client?: WrittenHost;
  routers: WrittenHost[];
}

/** Name, address/prefix and interface, which directors, servers, clients and routers share. */
export interface WrittenHost {
  name: string;
  address: string;
  interface?: string;
}

export interface WrittenServer extends WrittenHost {
  weight: number;
  gateway?: string;
  mounts: { share: string; at: string; options: string[] }[];
  web?: { server: 'nginx' | 'apache'; root: string; port?: number; page?: string };
}

export interface WrittenService {
  vip?: string;
  port: number;
  protocol: Protocol;
  mode?: Mode;
  scheduler?: string;
  flags: string[];
  persistence?: Persistence;
  targetPort?: number;
  weights: Record<string, number>;
  servers?: string[];
}

/** Seconds, alone or under their name. */
export type Persistence = number | { timeout: number };
