import type { System } from '../systems/system.js';
import { ipvsServices } from '../topology/services.js';
import type { Director, Topology } from '../topology/topology.js';
import { serverOptions, serviceOptions } from './ipvs.js';
import { render } from './template.js';
import type { Wishes } from './wish.js';

/** What ipvs has beside its table: kernel values, the size of the connection table, timeouts; each now and at boot. */
export function ipvsSettings(wishes: Wishes, topology: Topology, host: Director, system: System): void {
  const { vs, connTabBits, timeouts } = topology;
  const { place } = host;
  for (const [name, value] of Object.entries(vs)) {
    const why = { reason: 'a setting of ipvs', place };
    wishes.add('master', 'sysctl', `net.ipv4.vs.${name}`, { value }, why);
    wishes.add('master', 'sysctl-entry', `${system.sysctlFile} net.ipv4.vs.${name}`, { value }, why);
  }
  if (connTabBits !== undefined) {
    const reason = `a connection table of 2^${connTabBits}, from when ip_vs is loaded next`;
    const text = render('modprobe.conf', { cluster: wishes.name, connTabBits });
    wishes.file('master', '/etc/modprobe.d/lvsctl.conf', text, { reason, place });
  }
  // keepalived sets them too, and when it no longer is to, those that it found: ours must not be what it finds.
  const beside = topology.vrrp ? ({ heldBy: 'keepalived' } as const) : {};
  for (const [name, seconds] of Object.entries(timeouts)) {
    wishes.add('master', 'ipvs-timeout', name, { seconds }, { reason: 'a timeout of ipvs', place }, beside);
  }
}

/** What the saved table cannot hold (ipvsadm -S leaves it out): timeouts and thresholds, set after each restore. */
export function ipvsUnsaved(wishes: Wishes, topology: Topology, host: Director, system: System): void {
  const { timeouts } = topology;
  const limited = ipvsServices(topology).flatMap(service =>
    service.servers
      .filter(({ upper, lower }) => upper > 0 || lower > 0)
      .map(server => ({
        service: serviceOptions(service),
        server: serverOptions(service, server),
        upper: server.upper,
        lower: server.lower,
      })),
  );
  if (limited.length + Object.keys(timeouts).length === 0) return;
  const why = { reason: 'timeouts and thresholds at the next boot', place: host.place };
  const { tcp = 0, tcpfin = 0, udp = 0 } = timeouts;
  const values = {
    cluster: wishes.name,
    unit: system.ipvsUnit,
    timeouts: Object.keys(timeouts).length > 0 && { tcp, tcpfin, udp },
    limited,
  };
  wishes.file('master', '/etc/lvsctl/ipvs.sh', render('ipvsadm/unsaved.sh', values), why);
  wishes.file(
    'master',
    '/etc/systemd/system/lvsctl-ipvs.service',
    render('systemd/ipvs.service', values),
    why,
  );
  wishes.add('master', 'service-boot', 'lvsctl-ipvs.service', { enabled: true }, why);
}
