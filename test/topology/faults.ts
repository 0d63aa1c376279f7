import { Faults } from '../../src/topology/faults.js';
import { loadTopology } from '../../src/topology/load.js';

/** What loading says, each fault on a line: place, message and remedy. */
export function saidOf(path: string, source?: string): string[] {
  try {
    loadTopology(path, source);
    return [];
  } catch (error) {
    if (error instanceof Faults) return error.message.split('\n');
    throw error;
  }
}
