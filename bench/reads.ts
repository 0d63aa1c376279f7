import { observe } from '../src/hosts/observe.js';
import { READ } from '../src/hosts/script.js';
import type { Session } from '../src/hosts/session.js';
import { kinds } from '../src/resources/index.js';
import { desire } from '../src/roles/index.js';
import type { Topology } from '../src/topology/topology.js';

/** What lvsctl sends to a host to read it: a command line, and the scripts it runs one after the other. */
export interface Reads {
  command: string;
  scripts: readonly string[];
}

/** The scripts with which `plan` reads this host, taken from a read of it over `session`. */
export async function readsOf(session: Session, topology: Topology): Promise<Reads> {
  const scripts: string[] = [];
  const listening: Session = {
    ...session,
    host: session.host,
    exec(command, options) {
      scripts.push(options.input ?? '');
      options.more?.then(text => scripts.push(text));
      return session.exec(command, options);
    },
  };
  const { observed } = await observe(listening, topology.name, facts => desire(topology, facts), kinds);
  if (observed.status !== 'ok') throw new Error(`${session.host}: ${observed.message}`);
  return { command: READ, scripts };
}
