import type { Service, Tunnel } from '../topology/topology.js';
import type { Rule } from './rule.js';

/** TUN: finds settings that a type of tunnel lacks or does not have (ipvsadm.c, process_options; ip_tunnel.c, ip_tunnel_rcv). */
export const tunnelOptions: Rule = {
  id: 'tunnel-options',
  title: 'A tunnel has the settings of its type: gue a port, and gue alone a checksum.',
  severity: 'error',
  judge: ({ services }) => services.flatMap(judgeService),
};

function judgeService({ mode, tunnel, place }: Service) {
  const said = mode === 'tun' ? wrong(tunnel) : undefined;
  return said ? [{ place, ...said }] : [];
}

function wrong({ type, port, checksum }: Tunnel): { message: string; remedy: string } | undefined {
  if (type === 'gue' && port === undefined) {
    return {
      message: 'the tunnel type gue has no port',
      remedy: 'write `tunnel: { type: gue, port: 6080 }`, with a UDP port that is free on the real servers',
    };
  }
  if (type !== 'gue' && port !== undefined) {
    return {
      message: `the tunnel type ${type} has no port`,
      remedy: 'remove `port` from `tunnel`, or write `type: gue`',
    };
  }
  const has = { ipip: ['nocsum'], gue: ['nocsum', 'csum', 'remcsum'], gre: ['nocsum'] }[type];
  if (has.includes(checksum)) return undefined;
  if (type === 'gre' && checksum === 'csum') {
    return {
      message:
        'gre with checksums does not arrive: the kernel’s gre0, which unpacks it, drops packets that have one',
      remedy: 'remove `checksum` from `tunnel`, or write `type: gue`',
    };
  }
  return {
    message: `the tunnel type ${type} has no ${checksum}`,
    remedy: 'remove `checksum` from `tunnel`, or write `type: gue`',
  };
}
