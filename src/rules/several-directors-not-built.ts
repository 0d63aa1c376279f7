import type { Rule } from './rule.js';

/** Refuses more than one director: nothing would decide which of them holds the VIP. */
export const severalDirectorsNotBuilt: Rule = {
  id: 'several-directors-not-built',
  title: 'There is one director.',
  severity: 'error',
  judge: ({ directors }) =>
    directors.slice(1).map(({ name, place }) => ({
      host: name,
      place,
      message: `${name} would be a second director, and several directors are not built yet`,
      remedy: 'keep one director: two without VRRP would both answer for the VIP',
    })),
};
