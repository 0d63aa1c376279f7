import { address } from './address.js';
import { chain } from './chain.js';
import { directory } from './directory.js';
import { liveExport } from './export.js';
import { exportEntry } from './export-entry.js';
import { file } from './file.js';
import { forwarding } from './forwarding.js';
import { fouPort } from './fou-port.js';
import { fstabEntry } from './fstab-entry.js';
import { gatewayEntry } from './gateway-entry.js';
import { ipvsTimeout } from './ipvs-timeout.js';
import type { Kind } from './kind.js';
import { link } from './link.js';
import { kernelModule } from './module.js';
import { mount } from './mount.js';
import { debianPackage } from './package.js';
import { realServer } from './real-server.js';
import { route } from './route.js';
import { savedService } from './saved-service.js';
import { service } from './service.js';
import { serviceBoot } from './service-boot.js';
import { sysctl } from './sysctl.js';
import { sysctlEntry } from './sysctl-entry.js';
import { variable } from './variable.js';
import { verdict } from './verdict.js';
import { virtualService } from './virtual-service.js';

/** Every kind, in the order in which they are made on a host; removals go backwards. */
const ALL: readonly Kind<never>[] = [
  debianPackage,
  directory,
  file,
  kernelModule,
  fouPort,
  forwarding,
  sysctl,
  sysctlEntry,
  link,
  address,
  route,
  gatewayEntry,
  fstabEntry,
  exportEntry,
  liveExport,
  chain,
  ipvsTimeout,
  virtualService,
  realServer,
  savedService,
  serviceBoot,
  // Behind what makes systemd read its units again: with the mount of a silent NFS server that takes 90 s.
  mount,
  service,
  // Behind ipvsadm.service, whose start clears the kernel's table as soon as AUTO is true in /etc/default/ipvsadm.
  variable,
  verdict,
] as never;

export const kinds: ReadonlyMap<string, Kind> = new Map(
  ALL.map(kind => [kind.name, kind as unknown as Kind]),
);
