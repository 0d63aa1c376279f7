import { restoreMachine, stopMachine } from './machine.js';
import type { Tell } from './spec.js';
import { machinesOf, readLab } from './state.js';

/** Makes machines (all, when none are named) what they were after `labUp`; ports, MACs and keys stay. Takes seconds. */
export async function labReset(directory: string, machines: string[] | undefined, tell: Tell): Promise<void> {
  const lab = await readLab(directory);
  await Promise.all(
    machinesOf(lab, machines).map(async machine => {
      tell({ machine: machine.name, text: 'resetting' });
      await stopMachine(lab, machine);
      await restoreMachine(lab, machine);
      tell({ machine: machine.name, text: 'ready' });
    }),
  );
}
