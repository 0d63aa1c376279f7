import { PICK_IPTABLES } from '../resources/chain.js';
import type { Stage, Why } from '../resources/kind.js';
import type { System } from '../systems/system.js';
import type { Host } from '../topology/topology.js';
import { render } from './template.js';
import type { Wishes } from './wish.js';

/** One iptables chain of ours and the built-in chain that jumps to it; rules as iptables-save prints them. */
export interface Chain {
  table: 'nat' | 'filter' | 'mangle';
  chain: string;
  hook: string;
  rules: readonly string[];
  why: Why;
}

/** Our chains, live and loaded at boot by a unit of ours that also follows whoever else loads rules. */
export function firewall(
  wishes: Wishes,
  chains: readonly Chain[],
  host: Host,
  system: System,
  stage: Stage = 'master',
): void {
  for (const { table, chain, hook, rules, why } of chains) {
    wishes.add(stage, 'chain', `${table} ${chain}`, { hook, jumps: 1, rules: rules.join('\n') }, why);
  }
  const why = { reason: 'the chains at the next boot', place: host.place };
  const tables = [...new Set(chains.map(({ table }) => table))].map(table => ({
    table,
    chains: chains.filter(chain => chain.table === table),
  }));
  const values = { cluster: wishes.name, chains, tables, pick: PICK_IPTABLES };
  wishes.file(stage, system.iptablesRules, render('iptables/rules', values), why);
  wishes.file(stage, '/etc/lvsctl/iptables.sh', render('iptables/load.sh', values), why);
  const again = { reason: 'the chains again when others load theirs', place: host.place };
  for (const [unit, template, reason] of [
    ['lvsctl-iptables.service', 'systemd/iptables.service', why],
    ['lvsctl-iptables-again.service', 'systemd/iptables-again.service', again],
  ] as const) {
    wishes.file(stage, `/etc/systemd/system/${unit}`, render(template, values), reason);
  }
  wishes.unit(stage, 'lvsctl-iptables.service', why);
  wishes.add(stage, 'service-boot', 'lvsctl-iptables-again.service', { enabled: true }, again);
}
