import { exportOptions } from '../resources/export.js';
import type { System } from '../systems/system.js';
import type { NfsServer, Topology } from '../topology/topology.js';
import { Wishes } from './wish.js';

/**
 * What the NFS server holds: the shared directories, its exports now and at boot, the running service, and the units that
 * come up with it: they are ours to stop where they did not run before.
 */
export function nfsServer(topology: Topology, host: NfsServer, system: System): Wishes {
  const wishes = new Wishes(topology.name);
  const why = { reason: 'exports the shares', place: host.place };
  wishes.packages(system.packages.nfsServer, why);
  for (const { name, path, clients, options, place } of host.shares) {
    const share = { reason: `share ${name}`, place };
    wishes.add('storage', 'directory', path, { present: true }, share);
    const entry = `${system.exportsFile} ${path} ${clients}`;
    wishes.add('storage', 'export-entry', entry, { options: options.join(',') }, share);
    wishes.add('storage', 'export', `${path} ${clients}`, { options: exportOptions(options) }, share);
  }
  const beside = { reason: `starts with ${system.nfsUnit}`, place: host.place };
  for (const unit of system.nfsBeside) wishes.add('storage', 'service', unit, { active: true }, beside);
  wishes.unit('storage', system.nfsUnit, why);
  return wishes;
}
