import type { Rule } from './rule.js';

/** Finds sorry servers and pages that nobody would ever put in place: only keepalived notices that no server is left. */
export const sorryWithoutKeepalived: Rule = {
  id: 'sorry-without-keepalived',
  title: 'Sorry servers and pages belong to services that keepalived checks.',
  severity: 'error',
  judge: ({ keepalived, services }) =>
    keepalived
      ? []
      : services
          .filter(({ sorryServer, sorryPage }) => sorryServer || sorryPage !== undefined)
          .map(({ place }) => ({
            place,
            message: 'without keepalived nobody notices that no real server is left, and nobody is sorry',
            remedy: 'add `keepalived: {}`, or remove the sorry server or page',
          })),
};
