import { holds } from './network.js';
import type { LabNic } from './spec.js';
import type { WiredMachine } from './wired-machine.js';

/** The text of /etc/network/interfaces. */
export function interfaces(machine: Pick<WiredMachine, 'nics' | 'gateway' | 'routes' | 'source'>): string {
  return [
    'source /etc/network/interfaces.d/*\n\nauto lo\niface lo inet loopback\n',
    ...machine.nics.filter(nic => nic.address).map(nic => stanza(nic, machine)),
  ].join('\n');
}

function stanza(
  nic: LabNic,
  { gateway, routes = [], source }: Pick<WiredMachine, 'gateway' | 'routes' | 'source'>,
): string {
  const near = (address: string) => holds(nic.address as string, address);
  return [
    `auto ${nic.interface}`,
    `iface ${nic.interface} inet static`,
    `    address ${nic.address}`,
    ...(gateway && near(gateway) ? [`    gateway ${gateway}`] : []),
    ...(source
      ? [
          `    up ip addr replace ${source}/32 dev lo`,
          `    up ip route change ${nic.segment} dev ${nic.interface} proto kernel scope link src ${source}`,
        ]
      : []),
    ...routes.filter(({ via }) => near(via)).map(({ to, via }) => `    up ip route add ${to} via ${via}`),
    '',
  ].join('\n');
}
