import { isSecure } from '../topology/services.js';
import type { Topology } from '../topology/topology.js';

/**
 * Sites of nginx with what their `listen` lines need: whether the port speaks TLS, and whether the site is the first of
 * its port, which also listens without an address, so that nginx starts where the VIP is not.
 */
export function listening<Site extends { port: number }>(topology: Topology, sites: readonly Site[]) {
  return sites.map((site, index) => ({
    ...site,
    secure: isSecure(topology, site.port),
    any: sites.findIndex(({ port }) => port === site.port) === index,
  }));
}
