import type { System } from '../systems/system.js';
import type { Host, Service } from '../topology/topology.js';
import type { Wishes } from './wish.js';

const FLAGS = { nat: '-m', dr: '-g', tun: '-i' } as const;

/** The kernel's table: one entry for each virtual service and each real server in it. */
export function ipvs(wishes: Wishes, services: readonly Service[]): void {
  for (const service of services) {
    const { scheduler, flags, persistence, place } = service;
    const state = {
      scheduler,
      flags: flags.join(','),
      persistence,
      netmask: '',
      onePacket: false,
      engine: '',
    };
    wishes.add('master', 'virtual-service', key(service), state, { reason: 'the virtual service', place });
    for (const { name, address, port, weight } of service.servers) {
      const server = { forward: service.mode, weight, upper: 0, lower: 0, tunnel: '' };
      wishes.add('master', 'real-server', `${key(service)} ${address}:${port}`, server, {
        reason: `real server ${name}`,
        place,
      });
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
      `${system.ipvsRules} ${key(service)}`,
      { rules: rules(service) },
      why,
    );
  }
  const { file, name, value } = system.ipvsSwitch;
  wishes.add('master', 'variable', `${file} ${name}`, { value, quote: '"' }, why);
  wishes.unit('master', system.ipvsUnit, why);
}

function rules(service: Service): string {
  const virtual = `${service.protocol === 'udp' ? '-u' : '-t'} ${service.vip.address}:${service.port}`;
  const persistence = service.persistence ? ` -p ${service.persistence}` : '';
  const flags = service.flags.length > 0 ? ` -b ${service.flags.join(',')}` : '';
  const servers = service.servers.map(
    ({ address, port, weight }) => `-a ${virtual} -r ${address}:${port} ${FLAGS[service.mode]} -w ${weight}`,
  );
  return [`-A ${virtual} -s ${service.scheduler}${persistence}${flags}`, ...servers.sort()].join('\n');
}

function key({ protocol, vip, port }: Service): string {
  return `${protocol} ${vip.address}:${port}`;
}
