import type { Rule } from './rule.js';

/** Refuses the forwarding modes that lvsctl cannot set up yet. */
export const modeNotBuilt: Rule = {
  id: 'mode-not-built',
  title: 'Every service uses a forwarding mode that lvsctl can set up.',
  severity: 'error',
  judge: ({ services }) =>
    services
      .filter(({ mode }) => mode === 'tun')
      .map(({ mode, place }) => ({
        place,
        message: `mode ${mode} is not built yet`,
        remedy: 'use `mode: nat` or `mode: dr`',
      })),
};
