import { cidr, contains } from '../topology/network.js';
import { vips } from '../topology/services.js';
import type { Rule } from './rule.js';

/** Finds VIPs outside the director's networks that no router is said to have a route to. */
export const vipRouteMissing: Rule = {
  id: 'vip-route-missing',
  title: 'A VIP outside the networks of the director has a route that leads to it.',
  severity: 'warning',
  judge: topology => {
    const [director] = topology.directors;
    const { address, outside, outsideAddress } = director!;
    if (outside !== undefined && outsideAddress === undefined) return [];
    const own = [address, ...(outsideAddress ? [outsideAddress] : [])];
    const routes = topology.routers.flatMap(router => router.routes.map(({ to }) => to));
    const direct = topology.services.filter(({ mode }) => mode !== 'nat');
    return vips({ services: direct })
      .filter(({ vip }) => !own.some(each => contains(each, vip.address)))
      .filter(({ vip }) => !routes.includes(`${vip.address}/32`))
      .map(({ vip, place }) => ({
        place,
        message: `the VIP ${cidr(vip)} lies in no network of ${director!.name}: clients reach it only by a route that a router has`,
        remedy: `give the router ${vip.address}/32 via ${address.address} (it sends no redirects), and write it under \`routers\``,
      }));
  },
};
