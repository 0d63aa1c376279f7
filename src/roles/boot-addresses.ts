import type { Stage, Why } from '../resources/kind.js';
import type { System } from '../systems/system.js';
import { netmask } from '../topology/network.js';
import { render } from './template.js';
import type { Wishes } from './wish.js';

/** An address that a device gets at boot beside what it has, and what is carried out before. */
interface BootAddress {
  device: string;
  /** With its prefix length. */
  address: string;
  before: readonly string[];
}

/** The files by which a boot sets these addresses: stanzas for ifupdown, an alias each for network-scripts. */
export function bootAddresses(
  wishes: Wishes,
  stage: Stage,
  stanzas: readonly BootAddress[],
  why: Why,
  system: System,
): void {
  const { interfacesFile: path } = system;
  if (path === undefined) aliases(wishes, stage, stanzas, why, 0);
  else wishes.file(stage, path, render('network/interfaces', { cluster: wishes.name, stanzas }), why);
}

/** For network-scripts: the addresses of devices that have none before, such as tunl0. */
export function ownAddresses(
  wishes: Wishes,
  stage: Stage,
  stanzas: readonly Pick<BootAddress, 'device' | 'address'>[],
  why: Why,
): void {
  aliases(wishes, stage, stanzas, why, -1);
}

/** ifcfg-DEVICE:NUMBER for each address, counted from `first` for each device; -1 is the device itself. */
function aliases(
  wishes: Wishes,
  stage: Stage,
  stanzas: readonly Pick<BootAddress, 'device' | 'address'>[],
  why: Why,
  first: number,
): void {
  const next = new Map<string, number>();
  for (const { device, address } of stanzas) {
    const number = next.get(device) ?? first;
    next.set(device, number + 1);
    const name = number < 0 ? device : `${device}:${number}`;
    const values = {
      cluster: wishes.name,
      name,
      address: address.split('/')[0],
      netmask: netmask(address),
    };
    wishes.file(stage, `/etc/sysconfig/network-scripts/ifcfg-${name}`, render('network/ifcfg', values), why);
  }
}
