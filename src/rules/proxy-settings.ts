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

function foreign({
  scheduler,
  protocol,
  fwmark,
  port,
  persistence,
  ...sorry
}: Service): [what: string, remedy: string][] {
  return [
    ...(SCHEDULERS.includes(scheduler)
      ? []
      : [[`scheduler ${scheduler}`, `use one of ${SCHEDULERS.join(', ')}`] as [string, string]]),
    ...(protocol === 'udp' ? [['udp', 'use `mode: nat`, `dr` or `tun`'] as [string, string]] : []),
    ...(fwmark !== undefined
      ? [['firewall mark', 'write one service for each port'] as [string, string]]
      : port === 0
        ? [['port 0', 'write one service for each port'] as [string, string]]
        : []),
    ...(persistence > 0
      ? [['persistence', 'use `scheduler: sh`, which keeps a client with its server'] as [string, string]]
      : []),
    ...(sorry.sorryPage !== undefined || sorry.sorryServer !== undefined
      ? [
          ['sorry server', 'remove it: nginx answers 502 by itself when no real server is left'] as [
            string,
            string,
          ],
        ]
      : []),
  ];
}
