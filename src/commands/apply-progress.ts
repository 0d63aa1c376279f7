import type { ListrTask } from 'listr2';
import type { Event } from '../plan/event.js';
import type { Phase, Plan } from '../plan/plan.js';
import { eventLine, eventMessage } from '../report/event-text.js';
import type { Io } from './io.js';

/** Shows an apply as it happens: rows on a terminal, one prefixed line a change elsewhere. */
export interface Progress {
  tell(event: Event): void;
  /** Waits until the last row is drawn. */
  end(): Promise<void>;
}

const PLAIN: ReadonlySet<Event['type']> = new Set(['phase', 'done', 'failed', 'lost', 'undone', 'confirmed']);

/** Progress for this terminal, or for a pipe. */
export async function applyProgress(plan: Plan, io: Io): Promise<Progress> {
  return io.live ? rows(plan) : lines(plan, io);
}

function lines(plan: Plan, io: Io): Progress {
  return {
    tell: event => {
      if (PLAIN.has(event.type) || (event.type === 'waiting' && event.left % 10 === 0))
        io.err(`${eventLine(event, plan)}\n`);
    },
    end: async () => {},
  };
}

interface Row {
  total: number;
  done: number;
  title: string;
  failed?: string;
  over: () => void;
  ended: Promise<void>;
  draw: (title: string) => void;
}

/** One row a phase, and below it one a host that it works on; the last row is the confirmation. */
async function rows(plan: Plan): Promise<Progress> {
  const { DefaultRenderer, Listr, ListrLogger, ProcessOutput } = await import('listr2');
  // Progress goes to standard error: that the result on standard output goes into a file or a pipe takes none of it away.
  class OnStandardError extends DefaultRenderer {
    static override nonTTY = true;
  }
  const table = plan.phases.map(
    phase => new Map([...phase.changes].map(([host, all]) => [host, row(all.length)])),
  );
  const confirmation = row(new Set(plan.phases.flatMap(phase => [...phase.changes.keys()])).size);
  const hostTask = ([host, state]: [string, Row]): ListrTask => ({
    title: host,
    task: async (_, task) => {
      state.draw = title => {
        task.title = `${host}  ${title}`;
      };
      state.draw(state.title);
      await state.ended;
      if (state.failed) throw new Error(state.failed);
      state.draw(`${state.total} done`);
    },
  });
  const phaseTask = (phase: Phase, index: number): ListrTask => ({
    title: phase.name,
    task: (_, task) =>
      task.newListr([...table[index]!].map(hostTask), { concurrent: true, exitOnError: false }),
  });
  const list = new Listr(
    [...plan.phases.map(phaseTask), hostTask(['Checking over new connections', confirmation])],
    {
      exitOnError: false,
      renderer: OnStandardError,
      rendererOptions: {
        collapseSubtasks: false,
        logger: new ListrLogger({ processOutput: new ProcessOutput(process.stderr, process.stderr) }),
      },
    },
  );
  const drawn = list.run().catch(() => undefined);
  const all = () => [...table.flatMap(hosts => [...hosts.values()]), confirmation];

  return {
    tell: event => {
      if (event.type === 'failed') {
        const state = event.host ? current(table, event.host) : confirmation;
        fail(state ?? confirmation, event.message);
      }
      if (event.type === 'lost' && event.host)
        current(table, event.host)?.draw(`line lost: ${event.message}`);
      if (event.type === 'confirmed') finish(confirmation);
      const isStep = event.type === 'begin' || event.type === 'done' || event.type === 'waiting';
      if (!isStep || !event.host) return;
      const state = current(table, event.host);
      if (!state) return;
      if (event.type === 'done') finish(state);
      else state.draw(`${state.done + 1}/${state.total}  ${eventMessage(event, plan)}`);
    },
    end: async () => {
      for (const state of all().filter(({ done, total, failed }) => !failed && done < total)) {
        fail(state, 'not carried out');
      }
      await drawn;
    },
  };
}

function row(total: number): Row {
  let over = () => {};
  const ended = new Promise<void>(resolve => {
    over = resolve;
  });
  return { total, done: 0, title: '', over, ended, draw: () => {} };
}

/** The row of the phase that a host is in: the first that has not ended. */
function current(table: readonly ReadonlyMap<string, Row>[], host: string): Row | undefined {
  return table
    .map(hosts => hosts.get(host))
    .find(state => state && !state.failed && state.done < state.total);
}

function finish(state: Row): void {
  state.done += 1;
  if (state.done >= state.total) state.over();
}

function fail(state: Row, message: string): void {
  if (state.done >= state.total) return;
  state.failed = message;
  state.over();
}
