import { machines } from './addresses.js';
import type { Rule } from './rule.js';

/** Finds two machines with one address. */
export const duplicateAddress: Rule = {
  id: 'duplicate-address',
  title: 'No two machines have the same address.',
  severity: 'error',
  judge: topology => {
    const holders = new Map<string, string>();
    return machines(topology).flatMap(({ name, addresses, place }) =>
      addresses.flatMap(({ address }) => {
        const holder = holders.get(address);
        holders.set(address, holder ?? name);
        if (holder === undefined) return [];
        return [
          {
            host: name,
            place,
            message: `${name} has the address ${address}, which ${holder === name ? 'it has already' : `is ${holder}'s`}`,
            remedy: 'give each machine an address of its own',
          },
        ];
      }),
    );
  },
};
