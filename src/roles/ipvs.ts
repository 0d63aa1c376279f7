import { serviceWords } from '../resources/virtual-service.js';
import type { System } from '../systems/system.js';
import type { Host, Mode, Service, Tunnel } from '../topology/topology.js';
import type { Wishes } from './wish.js';

const FLAGS: Readonly<Record<Mode, string>> = { nat: '-m', dr: '-g', tun: '-i', proxy: '' };

/** The kernel's table: one entry for each virtual service and each real server in it. */
export function ipvs(wishes: Wishes, services: readonly Service[], heldBy?: 'keepalived'): void {
  const beside = heldBy ? { heldBy } : {};
  for (const service of services) {
    const { scheduler, flags, persistence, netmask, onePacket, place } = service;
    const state = { scheduler, flags: flags.join(','), persistence, netmask, onePacket, engine: '' };
    const why = { reason: 'the virtual service', place };
    wishes.add('master', 'virtual-service', serviceKey(service), state, why, beside);
    const tunnel = service.mode === 'tun' ? tunnelWords(service.tunnel) : '';
    for (const { name, address, port, weight, upper, lower } of service.servers) {
      const server = { forward: service.mode, weight, upper, lower, tunnel };
      const reason = `real server ${name}`;
      const entry = `${serviceKey(service)} ${address}:${port}`;
      wishes.add('master', 'real-server', entry, server, { reason, place }, beside);
    }
  }
}

/** The saved table, in the words of `ipvsadm -Sn`, and the switch that makes the boot service restore it. */
export function ipvsSaved(wishes: Wishes, services: readonly Service[], host: Host, system: System): void {
  const why = { reason: 'the ipvs table at the next boot', place: host.place };
  for (const service of services) {
    wishes.add(
      'master',
      'saved-service',
      `${system.ipvsRules} ${serviceKey(service)}`,
      { rules: rules(service) },
      why,
    );
  }
  if (system.ipvsSwitch) {
    const { file, name, value } = system.ipvsSwitch;
    wishes.add('master', 'variable', `${file} ${name}`, { value, quote: '"' }, why);
  }
  wishes.unit('master', system.ipvsUnit, why);
}

function rules(service: Service): string {
  const { netmask, onePacket } = service;
  const virtual = serviceOptions(service);
  const persistence = service.persistence ? ` -p ${service.persistence}` : '';
  const mask = netmask ? ` -M ${netmask}` : '';
  const once = onePacket ? ' -o' : '';
  const flags = service.flags.length > 0 ? ` -b ${service.flags.join(',')}` : '';
  const servers = service.servers.map(server => `-a ${virtual} ${serverOptions(service, server)}`);
  return [
    `-A ${virtual} -s ${service.scheduler}${persistence}${mask}${once}${flags}`,
    ...servers.sort(),
  ].join('\n');
}

/** As the kind virtual-service names it: `tcp 12.0.0.1:80`, `fwm 50`. */
function serviceKey({ protocol, vip, port, fwmark }: Service): string {
  return fwmark === undefined ? `${protocol} ${vip.address}:${port}` : `fwm ${fwmark}`;
}

/** The words that name a service to ipvsadm. */
export function serviceOptions(service: Service): string {
  return serviceWords(serviceKey(service)).join(' ');
}

/** A real server as `ipvsadm -Sn` prints it, thresholds aside. */
export function serverOptions(
  { mode, tunnel }: Service,
  { address, port, weight }: Service['servers'][number],
): string {
  const packed = mode === 'tun' ? tunnelOptions(tunnel) : '';
  return `-r ${address}:${port} ${FLAGS[mode]} -w ${weight}${packed}`;
}

/** As the kind real-server has it: `ipip`, `gue PORT CHECKSUM`, `gre CHECKSUM`. */
function tunnelWords({ type, port, checksum }: Tunnel): string {
  return type === 'ipip' ? type : [type, ...(type === 'gue' ? [port] : []), checksum].join(' ');
}

/** As `ipvsadm -Sn` prints them. */
function tunnelOptions({ type, port, checksum }: Tunnel): string {
  const own = { ipip: '', gue: ` --tun-port ${port} --tun-${checksum}`, gre: ` --tun-${checksum}` }[type];
  return ` --tun-type ${type}${own}`;
}
