import type { Stage, State } from '../resources/kind.js';

/** Our mark on a host: /var/lib/lvsctl/mark. */
export interface Mark {
  format: 1;
  cluster: string;
  /** Host name in the topology -> machine-id, of every host that was applied. */
  members: Readonly<Record<string, string>>;
  /** What we put on this host, and what stood there before our first write (null: nothing). */
  entries: readonly MarkEntry[];
  /** On a director: real servers, by name, that get no new connections until they are undrained. */
  drained?: readonly string[];
}

export interface MarkEntry {
  kind: string;
  key: string;
  stage: Stage;
  origin: State | null;
  /** Files after whose removal it must read its configuration again. */
  follows?: readonly { kind: string; key: string }[];
  heldBy?: 'keepalived';
  /** Attributes of the state that are shown as (sensitive). */
  secret?: readonly string[];
}

/** An interface of the host with its IPv4 addresses (address/prefix). */
export interface Link {
  name: string;
  addresses: readonly string[];
}

/** What a host is, as far as it decides what the host should hold. */
export interface HostFacts {
  host: string;
  machineId: string;
  family: 'debian' | 'ubuntu' | 'el';
  release: string;
  network: 'ifupdown' | 'network-scripts' | 'networkmanager' | 'netplan' | 'networkd';
  kernel: string;
  bootId: string;
  links: readonly Link[];
  /** Interfaces that are configured by DHCP at boot. */
  dhcp: readonly string[];
  /** The default route as it is now: gateway, interface and who put it there (kernel's proto word). */
  defaultRoute?: { via: string; dev: string; proto: string };
  /** Tools that a read or a write needs and that the host lacks (`ip`, `base64`, ..). */
  missing: readonly string[];
  /** Whether it is root who logs in; others read through `sudo -n` what root alone may. */
  root: boolean;
  /** The SSH connection: the host's own address and port, who is at the other end, and how answers get there. */
  ssh: { local: string; port: number; peer: string; byDefaultRoute: boolean };
  mark?: Mark;
  /** Whether there may be a mark that only root can read, and sudo does not let us. */
  closed?: true;
  /** An apply of ours on this host that is not confirmed yet: its id. */
  pending?: string;
  /** Units whose files an apply has changed and that have not read them since: it broke off in between. */
  due?: readonly string[];
}
