import { readFileSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { changes, type Plan } from '../plan/plan.js';
import { changeJson } from '../report/change-json.js';
import { Faults } from '../topology/faults.js';
import { loadTopology } from '../topology/load.js';
import type { Topology } from '../topology/topology.js';
import { version } from './version.js';
import { writing } from './writing.js';

/** An approval: the topology as it was read, what was shown (secrets masked), and the digest of what was approved. */
interface SavedPlan {
  format_version: 1;
  lvsctl_version: string;
  topology: { path: string; source: string };
  destroy: boolean;
  digest: string;
  resource_changes: object[];
}

/** Writes a plan as an approval, readable by its owner alone. */
export async function savePlan(path: string, topology: Topology, plan: Plan, destroy = false): Promise<void> {
  const saved: SavedPlan = {
    format_version: 1,
    lvsctl_version: version(),
    topology: { path: topology.file, source: topology.source },
    destroy,
    digest: plan.digest,
    resource_changes: changes(plan).map(changeJson),
  };
  const fresh = `${path}.${process.pid}.new`;
  await writing(path, async () => {
    try {
      await writeFile(fresh, `${JSON.stringify(saved, undefined, 2)}\n`, { mode: 0o600, flag: 'wx' });
      await rename(fresh, path);
    } finally {
      await rm(fresh, { force: true });
    }
  });
}

/** The topology and the digest that a saved plan approves. @throws {Faults} when the file is none */
export function loadSavedPlan(path: string): { topology: Topology; digest: string } {
  const remedy = 'make one with `lvsctl plan --out FILE`';
  let saved: Partial<SavedPlan> | null;
  try {
    saved = JSON.parse(readFileSync(path, 'utf8')) as SavedPlan | null;
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code !== 'ENOENT';
    const message = isThere ? `${path} is not a saved plan` : `there is no saved plan ${path}`;
    throw new Faults([{ message, remedy }]);
  }
  if (saved?.format_version !== 1 || typeof saved.digest !== 'string' || !saved.topology?.source) {
    throw new Faults([{ message: `${path} is not a saved plan that this lvsctl reads`, remedy }]);
  }
  return { topology: loadTopology(saved.topology.path, saved.topology.source), digest: saved.digest };
}
