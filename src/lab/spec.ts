/** One network card of a lab machine. */
export interface LabNic {
  /** The name it has in the guest, such as ens33. */
  interface: string;
  /** Cards that name the same segment hang on one virtual switch. */
  segment: string;
  /** The base address with prefix, 192.168.80.10/24; without it the card is there, down and without address. */
  address?: string;
}

/** One guest of a lab. */
export interface LabMachine {
  name: string;
  nics: LabNic[];
  /** The base default route, written where the card whose network holds it is set up. */
  gateway?: string;
  /** Forwards packets and sends no redirects: routers, and clients that serve as jump hosts. */
  forward?: boolean;
  /** An address of its own, off every segment, as which it speaks to them: a jump host that is not next door. */
  source?: string;
  /** Further routes that last over a reboot. */
  routes?: { to: string; via: string }[];
  /** In MiB; the default is enough to install a web server. */
  memory?: number;
  /** Where it finds a self-signed certificate of the lab and its key, valid for `names`. */
  certificate?: { path: string; key: string; names: string[] };
  /** No management card: SSH arrives at `address`, by way of the machine `jump`. */
  inband?: { jump: string; address: string };
}

/** A lab: which machines, wired how, and the directory that holds its state. */
export interface LabSpec {
  name: string;
  directory: string;
  image: 'ready' | 'bare';
  machines: LabMachine[];
}

/** Told what is going on while the lab works; `machine` is absent when it concerns the lab as a whole. */
export type Tell = (line: { machine?: string; text: string }) => void;

/** What can be done to a machine, each verified before it counts as done. */
export type Fault =
  | { kind: 'kill' }
  | { kind: 'pause' }
  | { kind: 'resume' }
  | { kind: 'start' }
  | { kind: 'unplug'; interface: string }
  | { kind: 'plug'; interface: string }
  | { kind: 'full-disk' }
  | { kind: 'free-disk' }
  | { kind: 'clock'; offset: number };

/** A lab cannot do what was asked; the message says what to do about it. */
export class LabError extends Error {
  override name = 'LabError';
}
