import { recall } from '../../src/lab/state.js';
import { segmentsOf } from '../../src/lab/wired-machine.js';
import type { Cluster } from './cluster.js';

/** Read on every machine while the step that failed is still fresh: there is no second look. */
const LOOK = `ip -br address | grep -v '^lo'; ip route | grep -v mgmt0; ip neigh | grep -v mgmt0; ipvsadm -Ln 2>/dev/null | tail -n +4
ipvsadm -Lnc 2>/dev/null | tail -n +3 | tail -n 4
journalctl -b -q -p warning -n 3 -o cat --no-pager | cut -c 1-200`;

/** What a cluster's wires and machines are like. */
export async function look({ spec, directory, on }: Cluster): Promise<string> {
  const wires = segmentsOf(spec).map(async (segment, index) => {
    const alive = await recall(directory, `segment-${index}`);
    return `--- the switch of ${segment} ${alive ? 'runs' : 'has ended'}`;
  });
  const machines = spec.machines.map(async ({ name }) => {
    const said = await on(name, LOOK, 30).catch(({ message }: Error) => message);
    return `--- ${name}\n${said.trimEnd()}`;
  });
  return (await Promise.all([...wires, ...machines])).join('\n');
}
