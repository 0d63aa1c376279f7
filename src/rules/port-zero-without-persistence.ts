import type { Rule } from './rule.js';

/** Finds services for every port without persistence, which the kernel refuses (ip_vs_add_service). */
export const portZeroWithoutPersistence: Rule = {
  id: 'port-zero-without-persistence',
  title: 'A service for every port (port 0) has persistence.',
  severity: 'error',
  judge: ({ services }) =>
    services
      .filter(({ port, persistence }) => port === 0 && persistence === 0)
      .map(({ place }) => ({
        place,
        message: 'port 0 stands for every port, and only a service with persistence can have it',
        remedy: 'give a port, or add `persistence: 300`',
      })),
};
