import type { WiredMachine } from './wired-machine.js';

/** Files that the ssh client of a lab needs; paths are absolute. */
export interface SshFiles {
  config: string;
  knownHosts: string;
  loginKey: string;
}

/** The text of a lab's ssh_config: one block per machine, every host key checked. */
export function sshConfig(machines: WiredMachine[], files: SshFiles): string {
  return machines.map(machine => block(machine, files)).join('\n');
}

function block(machine: WiredMachine, files: SshFiles): string {
  const place = machine.inband
    ? [`HostName ${machine.inband.address}`, `ProxyJump ${machine.inband.jump}`]
    : ['HostName 127.0.0.1', `Port ${machine.port}`];
  const lines = [
    ...place,
    'User root',
    `IdentityFile "${files.loginKey}"`,
    'IdentitiesOnly yes',
    `UserKnownHostsFile "${files.knownHosts}"`,
    'GlobalKnownHostsFile /dev/null',
    `HostKeyAlias ${machine.name}`,
    'StrictHostKeyChecking yes',
    // An emulated guest on a busy workstation takes its time for a key exchange.
    'ConnectTimeout 45',
  ];
  return [`Host ${machine.name}`, ...lines.map(line => `  ${line}`), ''].join('\n');
}

/** The text of a lab's known_hosts, from the public host keys by machine. */
export const knownHosts = (keys: { name: string; hostPublic: string }[]): string =>
  keys
    .map(({ name, hostPublic }) => `${name} ${hostPublic.split(' ').slice(0, 2).join(' ').trim()}\n`)
    .join('');
