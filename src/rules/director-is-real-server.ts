import type { Rule } from './rule.js';

/** Finds a machine that is to balance and to answer. */
export const directorIsRealServer: Rule = {
  id: 'director-is-real-server',
  title: 'A director is not a real server too.',
  severity: 'error',
  judge: ({ directors, realServers }) =>
    realServers.flatMap(({ name, address, place }) => {
      const director = directors.find(director => director.address.address === address.address);
      if (director === undefined) return [];
      return [
        {
          host: name,
          place,
          message: `${name} is the director ${director.name} too: with DR and TUN two such machines hand a connection back and forth without end, and with NAT its own answers are never translated`,
          remedy: 'give the real servers machines of their own',
        },
      ];
    }),
};
