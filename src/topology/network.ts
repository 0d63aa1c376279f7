import { Address4 } from 'ip-address';
import type { Interface4 } from './topology.js';

/** 192.168.80.10/24 -> address and prefix length; the text must be one that `checkAddress` accepts. */
export function parseInterface4(text: string): Interface4 {
  const parsed = new Address4(text);
  return { address: parsed.addressMinusSuffix, prefix: parsed.subnetMask };
}

/** The network that an address stands in: 192.168.80.10/24 -> 192.168.80.0/24. */
export function networkOf(at: Interface4): string {
  return parse(at).networkForm();
}

/** Whether a literal address lies in the network of `at`. */
export function contains(at: Interface4, address: string): boolean {
  return new Address4(address).isInSubnet(parse(at));
}

/** Whether a literal address lies in a network or is the address itself, both as text. */
export function matches(clients: string, address: string): boolean {
  return new Address4(address).isInSubnet(new Address4(clients));
}

/** Whether all of a network lies in the one that an address with prefix length, as a host prints it, stands in. */
export function covers(printed: string, network: Interface4): boolean {
  if (!Address4.isValid(printed)) return false;
  const at = parseInterface4(printed);
  return at.prefix <= network.prefix && contains(at, network.address);
}

/** 12.0.0.1/24 */
export function cidr(at: Interface4): string {
  return `${at.address}/${at.prefix}`;
}

/** The netmask of an address with its prefix length, dotted: 10.0.0.100/32 -> 255.255.255.255. */
export function netmask(text: string): string {
  return new Address4(`255.255.255.255/${new Address4(text).subnetMask}`).startAddress().addressMinusSuffix;
}

/** Why no machine can hold this address: `the network's own address`, `a multicast address`, ..; nothing when one can. */
export function notHostAddress(at: Interface4): string | undefined {
  const own = parse(at);
  const first = Number(at.address.split('.')[0]);
  if (first === 0) return 'an address of 0.0.0.0/8';
  if (first === 127) return 'a loopback address';
  if (first >= 224) return first < 240 ? 'a multicast address' : 'a reserved address';
  if (at.prefix >= 31) return undefined;
  if (at.address === own.startAddress().addressMinusSuffix)
    return `the address of the network ${networkOf(at)} itself`;
  if (at.address === own.endAddress().addressMinusSuffix) return `the broadcast address of ${networkOf(at)}`;
  return undefined;
}

function parse(at: Interface4): Address4 {
  return new Address4(cidr(at));
}
