import { type Command, Unreadable } from '../resources/kind.js';

/** Prints where packets to each of these addresses go, of those on a network of the host (ip-neighbour(8)). */
export function waysProbe(addresses: readonly string[]): Command {
  return { run: 'for each do ip -4 neigh show to "$each"; done', args: addresses };
}

/** By address, the card (MAC) that answered ARP for it. @throws {Unreadable} */
export function parseWays(output: string): ReadonlyMap<string, string> {
  const lines = output.split('\n').filter(Boolean);
  return new Map(
    lines.flatMap(line => {
      const [, address, card] = /^(\S+) dev \S+(?: lladdr (\S+))?(?: |$)/.exec(line) ?? [];
      if (!address) throw new Unreadable(`not a neighbour of ip: ${line}`);
      return card ? [[address, card] as const] : [];
    }),
  );
}

/** Prints the MAC of each card of a host (sysfs-class-net, `address`). */
export const cardsProbe: Command = { run: 'cat /sys/class/net/*/address' };

export function parseCards(output: string): string[] {
  return output.split('\n').filter(Boolean);
}
