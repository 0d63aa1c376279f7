import type { Finding } from '../plan/plan.js';
import type { Topology } from '../topology/topology.js';
import { checkOptions } from './check-options.js';
import { checkPortMissing } from './check-port-missing.js';
import { clientInManagementNetwork } from './client-in-management-network.js';
import { clientInServerNetwork } from './client-in-server-network.js';
import { connectionsNotSynced } from './connections-not-synced.js';
import { directPortDiffers } from './direct-port-differs.js';
import { directorIsRealServer } from './director-is-real-server.js';
import { duplicateAddress } from './duplicate-address.js';
import { gatewayIsDirector } from './gateway-is-director.js';
import { gatewayNotDirector } from './gateway-not-director.js';
import { gatewayOutsideNetwork } from './gateway-outside-network.js';
import { gatewayVipMissing } from './gateway-vip-missing.js';
import { mountsDiffer } from './mounts-differ.js';
import { noWeightLeft } from './no-weight-left.js';
import { notAHostAddress } from './not-a-host-address.js';
import { onePacket } from './one-packet.js';
import { oneServerGetsAll } from './one-server-gets-all.js';
import { outsideInterfaceMissing } from './outside-interface-missing.js';
import { pageOnNfs } from './page-on-nfs.js';
import { portZeroWithoutPersistence } from './port-zero-without-persistence.js';
import { prefixesDiffer } from './prefixes-differ.js';
import { prioritiesEqual } from './priorities-equal.js';
import { proxySettings } from './proxy-settings.js';
import { quorum } from './quorum.js';
import { realServerOffLink } from './real-server-off-link.js';
import { realServerWithoutDirectorNetwork } from './real-server-without-director-network.js';
import type { Rule } from './rule.js';
import { schedulerFlags } from './scheduler-flags.js';
import { shTableFull } from './sh-table-full.js';
import { shareClients } from './share-clients.js';
import { sorryPagePort } from './sorry-page-port.js';
import { sorryServerLoopbackNat } from './sorry-server-loopback-nat.js';
import { sorryServerPort } from './sorry-server-port.js';
import { sorryWithoutKeepalived } from './sorry-without-keepalived.js';
import { trackWeight } from './track-weight.js';
import { tunnelOptions } from './tunnel-options.js';
import { vipInServerNetwork } from './vip-in-server-network.js';
import { vipIsHostAddress } from './vip-is-host-address.js';
import { vipRouteMissing } from './vip-route-missing.js';
import { vrrpSource } from './vrrp-source.js';
import { vrrpWords } from './vrrp-words.js';
import { webPortMismatch } from './web-port-mismatch.js';
import { webRootNotShared } from './web-root-not-shared.js';
import { weightsIgnored } from './weights-ignored.js';

/** Every rule that is judged on the topology alone. */
export const rules: readonly Rule[] = [
  notAHostAddress,
  duplicateAddress,
  vipIsHostAddress,
  gatewayOutsideNetwork,
  gatewayNotDirector,
  gatewayIsDirector,
  gatewayVipMissing,
  directorIsRealServer,
  realServerWithoutDirectorNetwork,
  realServerOffLink,
  vipRouteMissing,
  directPortDiffers,
  prefixesDiffer,
  clientInServerNetwork,
  clientInManagementNetwork,
  vipInServerNetwork,
  outsideInterfaceMissing,
  tunnelOptions,
  portZeroWithoutPersistence,
  proxySettings,
  schedulerFlags,
  weightsIgnored,
  noWeightLeft,
  oneServerGetsAll,
  shTableFull,
  mountsDiffer,
  shareClients,
  pageOnNfs,
  webRootNotShared,
  webPortMismatch,
  checkOptions,
  checkPortMissing,
  connectionsNotSynced,
  onePacket,
  prioritiesEqual,
  quorum,
  sorryPagePort,
  sorryServerLoopbackNat,
  sorryServerPort,
  sorryWithoutKeepalived,
  trackWeight,
  vrrpSource,
  vrrpWords,
];

/** What the rules say of a topology, in the order of the file. */
export function judgeTopology(topology: Topology): Finding[] {
  return rules
    .flatMap(({ id, severity, judge }) => judge(topology).map(said => ({ id, severity, ...said })))
    .sort((a, b) => (a.place?.line ?? 0) - (b.place?.line ?? 0));
}
