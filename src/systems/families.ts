import { debian } from './debian.js';
import type { HostFacts } from './facts.js';
import { networkScripts } from './network-scripts.js';
import type { System } from './system.js';

/** The system of a host; only Debian with ifupdown is more than rendered so far (see `unsupported`). */
export function systemOf({ network }: HostFacts): System {
  return network === 'network-scripts' ? networkScripts : debian;
}

/** Why lvsctl does not manage such a host yet, or undefined. */
export function unsupported(facts: HostFacts): { message: string; remedy: string } | undefined {
  if (facts.family !== 'debian') {
    return {
      message: `${facts.host} runs ${facts.family} ${facts.release}, which is not built yet`,
      remedy: 'use Debian 12 hosts',
    };
  }
  if (facts.network !== 'ifupdown') {
    return {
      message: `${facts.host} keeps its network in ${facts.network}, which is not built yet`,
      remedy: 'use hosts whose network is kept in /etc/network/interfaces (ifupdown)',
    };
  }
  return undefined;
}
