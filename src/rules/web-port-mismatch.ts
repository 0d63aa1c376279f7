import type { Rule } from './rule.js';

/** Finds web servers that listen on a port which no service sends to. */
export const webPortMismatch: Rule = {
  id: 'web-port-mismatch',
  title: 'A web server listens on a port that a service sends to.',
  severity: 'warning',
  judge: ({ realServers, services }) =>
    realServers.flatMap(({ name, web }) => {
      const ports = services.flatMap(({ servers }) =>
        servers.filter(server => server.name === name).map(({ port }) => port),
      );
      if (web === undefined || ports.length === 0 || ports.includes(0)) return [];
      if (web.ports.some(port => ports.includes(port))) return [];
      return [
        {
          host: name,
          place: web.place,
          message: `${name}'s web server listens on port ${web.ports[0]}, and the services send to ${[...new Set(ports)].join(', ')}`,
          remedy: `write \`port: ${ports[0]}\` under \`web\`, or \`targetPort: ${web.ports[0]}\` in the service`,
        },
      ];
    }),
};
