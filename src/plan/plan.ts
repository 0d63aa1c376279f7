import type { Address, Edit, Entries, Kind, Resource, Stage, State, Why } from '../resources/kind.js';
import type { HostFacts, Mark } from '../systems/facts.js';
import type { Fault } from '../topology/topology.js';

/** What every host should hold, in the order in which the roles wrote it. */
export type Desired = ReadonlyMap<string, readonly Resource[]>;

/** What one host held when it was read. One host's failure is a result; the others go on. */
export type Observed =
  | {
      host: string;
      status: 'ok';
      facts: HostFacts;
      /** kind -> entries */
      entries: ReadonlyMap<string, Entries>;
      /** kind -> why it could not be read */
      unreadable: ReadonlyMap<string, string>;
    }
  | { host: string; status: 'unreachable' | 'refused'; message: string; remedy: string };

/**
 * restore: back to what stood there before our first write. reload: it stays as it is and reads its files again. drain:
 * it gets nothing new, and what it has may end before it is removed.
 */
export type Action = 'create' | 'update' | 'delete' | 'restore' | 'reload' | 'drain';

export interface Change<S extends State = State> extends Address, Edit<S> {
  action: Action;
  layer: Kind['layer'];
  stage: Stage;
  /** orphan: we put it there, nobody wants it any more. extra: it hangs on something of ours. */
  why: Why | 'orphan' | 'extra';
  /** Why it is left on the host although nobody wants it any more. */
  stays?: string;
  /** What its removal rightly leaves on the host. */
  leaves?: string;
  follows?: Resource['follows'];
  check?: Resource['check'];
  secret?: readonly string[];
  heldBy?: Resource['heldBy'];
}

/** One script on each of these hosts, side by side. */
export interface Phase {
  name: string;
  stage: Stage;
  /** host -> changes, in order */
  changes: ReadonlyMap<string, readonly Change[]>;
}

/** What a rule says. error: refused unless allowed by its id. */
export interface Finding extends Fault {
  id: string;
  severity: 'error' | 'warning' | 'degraded';
  host?: string;
}

export interface Plan {
  cluster: string;
  file: string;
  /** Every host that was asked, in the order of the file: what came of it. */
  hosts: readonly {
    name: string;
    role: string;
    status: 'ok' | 'unreachable' | 'refused';
    message?: string;
    remedy?: string;
    /** kind -> why it could not be read */
    unreadable: ReadonlyMap<string, string>;
    /** Entries that are as they should be. */
    same: number;
  }[];
  phases: readonly Phase[];
  /** host -> the mark before and after this plan; absent when nothing of ours is (or stays) there. */
  marks: ReadonlyMap<string, { before?: Mark; after?: Mark }>;
  findings: readonly Finding[];
  /** sha256 over the set of (address, after). */
  digest: string;
}

/** All changes of a plan, in the order in which they are carried out. */
export function changes(plan: Plan): readonly Change[] {
  return plan.phases.flatMap(phase => [...phase.changes.values()].flat());
}
