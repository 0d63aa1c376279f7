import { apply } from '../../src/hosts/apply.js';
import type { Event } from '../../src/plan/event.js';
import type { Change, Plan } from '../../src/plan/plan.js';
import type { Kind } from '../../src/resources/kind.js';
import { change, plan } from '../report/sample.js';
import type { LocalHost } from './local-host.js';

const base = {
  layer: 'live' as const,
  probe: () => ({ run: ':' }),
  parse: () => new Map(),
};

/** A file under /etc/state that holds a value: what a test's changes make and take back. */
const entry: Kind<{ value: string }> = {
  ...base,
  name: 'entry',
  steps: ({ key, after }) =>
    after
      ? [{ run: 'printf %s "$2" >"/etc/state/$1"', args: [key, after.value] }]
      : [{ run: 'rm -f "/etc/state/$1"', args: [key] }],
};
/** A change that fails, and leaves something half done. */
const faulty: Kind<{ value: string }> = {
  ...base,
  name: 'faulty',
  steps: ({ key, after }) =>
    after
      ? [{ run: 'echo half >"/etc/state/$1"; echo "no such luck" >&2; false', args: [key] }]
      : [{ run: 'rm -f "/etc/state/$1"', args: [key] }],
};
/** A change that takes so many seconds (its value), and then is as an entry. */
const slow: Kind<{ value: string }> = {
  ...base,
  name: 'slow',
  steps: edit => [
    { run: 'echo begun >"/etc/state/$1"', args: [edit.key] },
    ...(edit.after ? [{ run: 'sleep "$1"', args: [edit.after.value] }] : []),
    ...entry.steps(edit),
  ],
};
/** The same, and it stays, as a package does. */
const lasting: Kind<{ value: string }> = { ...slow, name: 'lasting', stays: 'packages stay' };
/** A service: it notes what stood in the file `followed` when it last read it; with the value `deaf` it never gets to. */
const unit: Kind<{ value: string }> = {
  ...base,
  name: 'unit',
  steps: entry.steps,
  reload: key => [
    {
      run: 'grep -q deaf "/etc/state/$1" && sleep 300; cat /etc/state/followed >"/etc/state/$1"',
      args: [key],
    },
  ],
};
/** An entry that the host cannot take back. */
const stubborn: Kind<{ value: string }> = {
  ...base,
  name: 'stubborn',
  steps: edit => (edit.after ? entry.steps(edit) : [{ run: 'echo "it sticks" >&2; false' }]),
};
/** An entry that goes only when the one that its value names is gone, as a mount goes back only by its line of fstab. */
const leaning: Kind<{ value: string }> = {
  ...base,
  name: 'leaning',
  steps: edit =>
    edit.after
      ? entry.steps(edit)
      : [
          {
            run: '[ ! -e "/etc/state/$1" ] || { echo "$1 is there" >&2; exit 1; }',
            args: [edit.before!.value],
          },
          ...entry.steps(edit),
        ],
};
/** A file that a boot reads just before it is taken back: what it said is then in the entry that its value names. */
const read: Kind<{ value: string }> = {
  ...base,
  name: 'read',
  steps: edit =>
    edit.after
      ? entry.steps(edit)
      : [
          { run: 'cp "/etc/state/$1" "/etc/state/$2"', args: [edit.key, edit.before!.value] },
          ...entry.steps(edit),
        ],
};

/** An entry that when it is taken back notes what the unit `web.service` has read by then. */
const held: Kind<{ value: string }> = {
  ...base,
  name: 'held',
  late: 'the unit remembers what it finds',
  steps: edit =>
    edit.after ? entry.steps(edit) : [{ run: 'cp /etc/state/web.service "/etc/state/$1"', args: [edit.key] }],
};

export const kinds = new Map<string, Kind>(
  [entry, faulty, slow, lasting, unit, stubborn, leaning, read, held].map(kind => [
    kind.name,
    kind as unknown as Kind,
  ]),
);

/** A change that makes an entry of a kind, with `from` its earlier value. */
export function make(kind: string, key: string, value = 'new', from?: string): Change {
  return change('lb1', {
    kind,
    key,
    after: { value },
    ...(from !== undefined && { before: { value: from } }),
  });
}

/** A unit that reads its files again because the entry `followed` changes. */
export function reload(key: string, value = 'on'): Change {
  const follows = [{ kind: 'entry', key: 'followed' }];
  return { ...make('unit', key, value, value), action: 'reload', follows };
}

const mark = (key: string) => ({
  format: 1 as const,
  cluster: 'web',
  members: {},
  entries: [{ kind: 'entry', key, stage: 'master' as const, origin: null }],
});

/** A plan for one host: each list is a phase. */
export function phases(...lists: readonly Change[][]): Plan {
  return {
    ...plan(),
    phases: lists.map((changes, index) => ({
      name: `Phase ${index + 1}`,
      stage: 'master',
      changes: new Map([['lb1', changes]]),
    })),
    marks: new Map([['lb1', { after: mark('a') }]]),
  };
}

/** A run of apply on a stand-in for a host, with everything that it told. */
export interface Run {
  events: Event[];
  /** Words and numbers of what was told. */
  told(): string[];
  ended: Promise<void>;
}

/** Applies a plan to one local host. */
export function start(
  host: LocalHost,
  wanted: Plan,
  options: {
    patience?: number;
    owner?: string;
    signal?: AbortSignal;
    check?: () => Promise<string | undefined>;
    hear?: (event: Event) => void;
  } = {},
): Run {
  const events: Event[] = [];
  const ended = apply(wanted, new Map([['lb1', host.session()]]), {
    kinds,
    owner: options.owner ?? 'tester',
    source: { file: 'web.yaml', sha256: 'f00' },
    patience: options.patience ?? 30,
    tell: event => {
      events.push(event);
      options.hear?.(event);
    },
    check: options.check ?? (async () => undefined),
    ...(options.signal && { signal: options.signal }),
  });
  const told = () =>
    events.map(event =>
      [
        event.type,
        'change' in event ? event.change : '',
        event.type === 'undone' ? `${event.whole ? 'whole' : 'in part'} by ${event.by}` : '',
      ]
        .join(' ')
        .replace(/ +/g, ' ')
        .trim(),
    );
  return { events, told, ended };
}
