import type { Rule } from './rule.js';

/** Finds sorry pages of services that nginx cannot stand in for. */
export const sorryPagePort: Rule = {
  id: 'sorry-page-port',
  title: 'A sorry page belongs to a TCP service with ports of its own.',
  severity: 'error',
  judge: ({ services }) =>
    services
      .filter(
        ({ sorryPage, protocol, ports }) =>
          sorryPage !== undefined && (protocol !== 'tcp' || ports.includes(0)),
      )
      .map(({ place }) => ({
        place,
        message: 'a sorry page is served by HTTP on the ports of its service, and this one has none',
        remedy: 'name TCP ports, or use `sorryServer`',
      })),
};
