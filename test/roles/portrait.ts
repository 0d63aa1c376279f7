import type { Resource } from '../../src/resources/kind.js';
import { desire } from '../../src/roles/index.js';
import { parseFacts } from '../../src/systems/read-facts.js';
import { cidr } from '../../src/topology/network.js';
import { hosts, type Topology } from '../../src/topology/topology.js';
import { printedFacts } from '../systems/recorded-facts.js';

/** What every host should hold when all are the Debian hosts that the topology says. @throws when one is not fit */
export function desiredOf(topology: Topology): ReadonlyMap<string, readonly Resource[]> {
  return new Map(
    hosts(topology).map(({ name, address, interface: card = 'ens33' }) => {
      const { outside, outsideAddress } = topology.directors.find(director => director.name === name) ?? {};
      const more = outsideAddress ? [`address ${outside} ${cidr(outsideAddress)}`] : [];
      const facts = printedFacts(cidr(address), more).replaceAll('ens33', card);
      const wanted = desire(topology, parseFacts(name, facts));
      if ('message' in wanted) throw new Error(wanted.message);
      return [name, wanted];
    }),
  );
}

/** One line for each thing: line of the YAML, stage, kind, key, state; then every file whole. */
export function portrait(topology: Topology): string {
  const all = [...desiredOf(topology)];
  const things = all.flatMap(([host, wanted]) => ['', `${host}:`, ...wanted.map(line)]);
  const files = all.flatMap(([host, wanted]) =>
    wanted
      .filter(({ kind }) => kind === 'file')
      .flatMap(({ key, state }) => ['', `==> ${host} ${key}`, String(state.content).trimEnd()]),
  );
  return `${[...things.slice(1), ...files].join('\n')}\n`;
}

function line({ kind, key, state, stage, why, follows }: Resource): string {
  const shown = kind === 'file' ? { ...state, content: '..' } : state;
  const after = follows ? ` follows ${follows.map(followed => `${followed.kind} ${followed.key}`)}` : '';
  return `${why.place.line}: ${stage} ${kind} ${key} ${JSON.stringify(shown)}${after} # ${why.reason}`;
}
