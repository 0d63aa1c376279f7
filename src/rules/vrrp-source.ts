import type { Rule } from './rule.js';

/** Finds directors that would speak VRRP from an interface without a base address. */
export const vrrpSource: Rule = {
  id: 'vrrp-source',
  title: 'A director has a base address on the interface of the VIP.',
  severity: 'error',
  judge: ({ vrrp, directors }) =>
    !vrrp
      ? []
      : directors
          .filter(
            ({ outside, interface: inside, outsideAddress }) =>
              outside !== undefined && outside !== inside && !outsideAddress,
          )
          .map(({ name, outside, place }) => ({
            host: name,
            place,
            message: `VRRP speaks from the own address of ${name} on ${outside}, and the topology does not say which that is`,
            remedy: 'add `outsideAddress:` with its prefix length',
          })),
};
