import type { Rule } from './rule.js';

/** Finds services for every port without persistence, which ipvsadm refuses; a firewall mark has no port at all. */
export const portZeroWithoutPersistence: Rule = {
  id: 'port-zero-without-persistence',
  title: 'A service for every port (port 0) has persistence.',
  severity: 'error',
  judge: ({ services }) =>
    services
      .filter(({ port, fwmark, persistence }) => port === 0 && fwmark === undefined && persistence === 0)
      .map(({ place }) => ({
        place,
        message: 'port 0 stands for every port, and only a service with persistence can have it',
        remedy: 'give a port, or add `persistence: 300`',
      })),
};
