import type { Rule } from './rule.js';

const BY_DESTINATION = ['dh', 'lblc', 'lblcr'];

/** Finds schedulers that choose by destination address, which is always the VIP (ip_vs_dh.c, ip_vs_lblc.c). */
export const oneServerGetsAll: Rule = {
  id: 'one-server-gets-all',
  title: 'A service of one VIP is not scheduled by destination address.',
  severity: 'warning',
  judge: ({ services }) =>
    services
      .filter(({ scheduler, servers }) => BY_DESTINATION.includes(scheduler) && servers.length > 1)
      .map(({ scheduler, vip, place }) => ({
        place,
        message: `the scheduler ${scheduler} chooses by destination address, which is always ${vip.address}: one real server gets nearly everything`,
        remedy: 'use wlc or wrr, or sh to keep a client with its server',
      })),
};
