import type { Place } from '../topology/topology.js';

/** Where in the order of the cluster a thing is made; removals go the other way. */
export type Stage = 'packages' | 'storage' | 'servers' | 'backup' | 'master';

/** What one entry looks like: flat and total (every attribute present), so that two are equal or are not. */
export type State = Readonly<Record<string, string | number | boolean>>;
/** Entries of one kind on one host, by what identifies them. */
export type Entries<S extends State = State> = ReadonlyMap<string, S>;

/**
 * One command on a host: shell text (POSIX sh, run by `sh -c` or in a subshell) that never varies with data. Data
 * reaches it as "$1", "$2", .. and as standard input; the name of the cluster as $LVSCTL_CLUSTER. LC_ALL is C.
 *
 * Reading runs as whoever logs in. What root alone may read stands behind $LVSCTL_SUDO (`sudo -n`; nothing for root), a
 * command line without variables, and once more in docs/sudoers-drift.
 */
export interface Command {
  run: string;
  args?: readonly string[];
  input?: string;
}

export interface Address {
  host: string;
  kind: string;
  key: string;
}

/** Why a thing is wanted, and which line of the topology says so. */
export interface Why {
  reason: string;
  place: Place;
}

/** One thing that a host should hold. What stands beside `state` is never compared. */
export interface Resource<S extends State = State> {
  kind: string;
  key: string;
  state: S;
  why: Why;
  stage: Stage;
  /** Carried out once, after one of these (kind and key on the same host) changed: a reload. */
  follows?: readonly { kind: string; key: string }[];
  /** Must pass on the host before the first write of its phase. */
  check?: Command;
  /** Who makes it and takes it away by its own judgement: it is compared, and written only where that fails. */
  heldBy?: 'keepalived';
  /** Attributes of the state that are shown as (sensitive). */
  secret?: readonly string[];
}

/** A step from one state to another; no `before` is a creation, no `after` a removal. */
export interface Edit<S extends State = State> {
  key: string;
  before?: S;
  after?: S;
}

/** What a probe printed makes no sense: the kind is unreadable on this host, the others go on. */
export class Unreadable extends Error {}

/** A kind of thing that a host holds. Pure: it says what to run and what the output means; only hosts/ runs. */
export interface Kind<S extends State = State> {
  name: string;
  /** live: lost now when it differs; persisted: lost at the next reboot; installed: comes from a package. */
  layer: 'live' | 'persisted' | 'installed';
  /** Only read, beside what is held by somebody, for what that somebody says of it; never wished for. */
  evidence?: true;
  /** Why destroy and undo leave it on the host. */
  stays?: string;
  /** Attributes that tell nobody anything at these values: a creation is shown without them. */
  usual?: Partial<S>;
  /** Whether a state is as good as none: what a removal comes to where a package keeps the thing itself. */
  isGone?(state: S): boolean;
  /** What a removal rightly leaves on the host, such as a directory that somebody else filled. */
  leaves?: string;
  /**
   * Prints the entries for these keys (wanted ones and those in our mark); may print more.
   * Never writes, never loads a kernel module, never waits for a dead NFS server; needs no tool that may not
   * be installed yet (then it prints nothing and succeeds).
   */
  probe(keys: readonly string[]): Command;
  /** @throws {Unreadable} when the output is not what the tool prints; it never guesses. */
  parse(output: string): Entries<S>;
  /**
   * Whether a live entry that nobody wants is ours to remove because of what it hangs on
   * (an extra real server of a virtual service of ours). `wanted` tells of any kind and key of the same host.
   */
  owns?(key: string, wanted: (kind: string, key: string) => boolean): boolean;
  /** Why, where keepalived holds it, an undo takes it back only when keepalived has read the old files. */
  late?: string;
  /** Carries out several changes of this kind, that follow each other, in one run. */
  together?(edits: readonly Edit<S>[]): readonly Command[];
  /** Must pass on every host before the first change on any. $LVSCTL_LOCK_TIMEOUT: seconds that it may wait. */
  ready?(): readonly Command[];
  /**
   * Leads to `after`, with which nothing new begins there, and waits until what is open has ended, at most
   * $LVSCTL_DRAIN_TIMEOUT seconds; tells each second on descriptor 3: `waiting $LVSCTL_CHANGE CONNECTIONS SECONDS-LEFT`.
   */
  drain?(edits: readonly Edit<S>[]): readonly Command[];
  /** Makes the running thing read its configuration again, without a gap. */
  reload?(key: string): readonly Command[];
  /** A step that must not be carried out where keepalived, who holds the entry, judged it to be out. */
  unlessOut?(key: string, step: Command): Command;
  /** Leads to `after` from `before`, from `after` (nothing to do) and from absent. */
  steps(edit: Edit<S>): readonly Command[];
}
