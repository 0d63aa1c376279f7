import { basename } from 'node:path';
import type { Script } from '../topology/topology.js';

/** The folder of keepalived.conf, on every system. */
export const KEEPALIVED = '/etc/keepalived';

/** Where a pushed script stands: a folder that only root writes, as keepalived's script security wants. */
export function scriptPath({ path }: Pick<Script, 'path'>): string {
  return `${KEEPALIVED}/lvsctl/${basename(path)}`;
}
