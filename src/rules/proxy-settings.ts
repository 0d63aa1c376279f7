import type { Service } from '../topology/topology.js';
import type { Rule } from './rule.js';

const SCHEDULERS = ['rr', 'wrr', 'lc', 'wlc', 'sh'];

/** Finds settings of ipvs that nginx as a reverse proxy has nothing like. */
export const proxySettings: Rule = {
  id: 'proxy-settings',
  title: 'A service of mode proxy has only settings that nginx can carry out.',
  severity: 'error',
  judge: ({ services }) =>
    services
      .filter(({ mode }) => mode === 'proxy')
      .flatMap(service =>
        foreign(service).map(([what, remedy]) => ({
          place: service.place,
          message: `mode proxy knows no ${what}: nginx hands on requests, and ipvs has no part in it`,
          remedy,
        })),
      ),
};

function foreign(service: Service): readonly (readonly [what: string, remedy: string])[] {
  const { scheduler, protocol, fwmark, port, persistence, sorryPage, sorryServer } = service;
  const asked = [
    [!SCHEDULERS.includes(scheduler), `scheduler ${scheduler}`, `use one of ${SCHEDULERS.join(', ')}`],
    [protocol === 'udp', 'udp', 'use `mode: nat`, `dr` or `tun`'],
    [fwmark !== undefined, 'firewall mark', 'write one service for each port'],
    [fwmark === undefined && port === 0, 'port 0', 'write one service for each port'],
    [persistence > 0, 'persistence', 'use `scheduler: sh`, which keeps a client with its server'],
    [
      sorryPage !== undefined || sorryServer !== undefined,
      'sorry server',
      'remove it: nginx answers 502 by itself when no real server is left',
    ],
  ] as const;
  return asked.filter(([is]) => is).map(([, what, remedy]) => [what, remedy]);
}
