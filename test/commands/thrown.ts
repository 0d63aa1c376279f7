import { Faults } from '../../src/topology/faults.js';

/** The faults that a command ends with, each on a line: place, message and remedy; none when it goes through. */
export async function thrownBy(command: () => Promise<unknown>): Promise<string[]> {
  try {
    await command();
    return [];
  } catch (error) {
    if (error instanceof Faults) return error.message.split('\n');
    throw error;
  }
}
