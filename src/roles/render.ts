import type { BlockKind } from '../resources/block.js';
import { exportEntry } from '../resources/export-entry.js';
import { fstabEntry } from '../resources/fstab-entry.js';
import type { Resource, State } from '../resources/kind.js';
import { sysctlEntry } from '../resources/sysctl-entry.js';
import type { HostFacts } from '../systems/facts.js';
import { cidr } from '../topology/network.js';
import { hosts, type Topology } from '../topology/topology.js';
import { desire } from './index.js';
import { render as fill } from './template.js';

const BLOCKS: ReadonlyMap<string, BlockKind<never>> = new Map(
  [sysctlEntry, exportEntry, fstabEntry].map(kind => [kind.name, kind as BlockKind<never>]),
);

/** How the imagined hosts keep their network. */
export type Network = 'ifupdown' | 'network-scripts';

/**
 * The files of one host, path -> content, as a Debian 12 host would get them, or one with network-scripts (Enterprise
 * Linux: ifcfg-lo:0, /etc/sysconfig/ipvsadm); of shared files our block alone,
 * and nothing of those that hold a secret.
 * Interfaces that the topology does not name are called eth0.
 */
export function render(
  topology: Topology,
  name: string,
  network: Network = 'ifupdown',
): ReadonlyMap<string, string> {
  const wanted = desire(topology, imagined(topology, name, network));
  const files = new Map<string, string>();
  if ('message' in wanted) return files;
  const blocks = new Map<string, string[]>();
  const append = (path: string, text: string) => blocks.set(path, [...(blocks.get(path) ?? []), text]);
  for (const { kind, key, state, secret } of wanted as readonly Resource<State>[]) {
    const [path = '', rest = ''] = key.split(' ');
    if (kind === 'file')
      files.set(key, secret?.includes('content') ? '(sensitive)\n' : String(state.content));
    if (kind === 'saved-service') append(path, String(state.rules));
    if (kind === 'variable') append(path, `${rest}=${state.quote}${state.value}${state.quote}`);
    const block = BLOCKS.get(kind);
    if (block) append(path, block.line(key, state as never));
  }
  const isBlock = (path: string) =>
    wanted.some(({ kind, key }) => BLOCKS.has(kind) && key.startsWith(`${path} `));
  for (const [path, lines] of blocks) {
    files.set(
      path,
      isBlock(path) ? fill('block', { cluster: topology.name, lines }) : `${lines.join('\n')}\n`,
    );
  }
  return files;
}

function imagined(topology: Topology, name: string, network: Network): HostFacts {
  const host = hosts(topology).find(candidate => candidate.name === name)!;
  const { outside, outsideAddress } = topology.directors.find(director => director.name === name) ?? {};
  const inside = { name: host.interface ?? 'eth0', addresses: [cidr(host.address)] };
  return {
    host: name,
    machineId: '',
    family: 'debian',
    release: '12',
    network,
    kernel: '',
    bootId: '',
    links: [
      inside,
      ...(outside ? [{ name: outside, addresses: outsideAddress ? [cidr(outsideAddress)] : [] }] : []),
    ],
    dhcp: [],
    missing: [],
    root: true,
    ssh: { local: '', port: 22, peer: '', byDefaultRoute: false },
  };
}
