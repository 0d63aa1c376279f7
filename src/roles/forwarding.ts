import type { System } from '../systems/system.js';
import type { Director, Place } from '../topology/topology.js';
import type { Wishes } from './wish.js';

/**
 * ip_forward first: the kernel resets other values with it (net/ipv4/devinet.c, inet_forward_change). It and the
 * gateway address come before the real servers, which without them would lose their way to whoever is off their network.
 */
export function forwarding(wishes: Wishes, host: Director, system: System): void {
  const why = { reason: 'NAT needs forwarding', place: host.place };
  const router = { value: '1', accept_redirects: '0', exceptions: '' };
  wishes.add('storage', 'forwarding', 'net.ipv4.ip_forward', router, why);
  const entry = (name: string, reason: string, value: string) =>
    wishes.add('master', 'sysctl-entry', `${system.sysctlFile} ${name}`, { value }, { ...why, reason });
  entry('net.ipv4.ip_forward', why.reason, '1');
  entry('net.ipv4.conf.all.accept_redirects', 'a router takes no redirects', '0');
}

/** No redirects: effective is `all` or the interface (kernel: ip-sysctl), so every one has to be off. */
export function redirects(
  wishes: Wishes,
  device: string,
  why: { reason: string; place: Place },
  system: System,
): void {
  for (const each of ['all', 'default', device]) {
    const name = `net.ipv4.conf.${each.replaceAll('.', '/')}.send_redirects`;
    wishes.add('master', 'sysctl', name, { value: '0' }, why);
    wishes.add('master', 'sysctl-entry', `${system.sysctlFile} ${name}`, { value: '0' }, why);
  }
}
