import type { Rule } from './rule.js';

/** Finds checks that do not know which port to ask: of services for a mark or for every port. */
export const checkPortMissing: Rule = {
  id: 'check-port-missing',
  title: 'A check of several ports says which one it asks.',
  severity: 'error',
  judge: ({ services }) =>
    services
      .filter(({ port }) => port === 0)
      .flatMap(({ checks }) => checks)
      .filter(({ type, port }) => port === undefined && type !== 'PING_CHECK' && type !== 'MISC_CHECK')
      .map(({ type, place }) => ({
        place,
        message: `this ${type} does not say which port it asks: its service has no single one`,
        remedy: 'add `port:`',
      })),
};
