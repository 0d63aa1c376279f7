import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Cluster, cluster, type Ran } from './cluster.js';
import { type Opened, pass, plannedBy, type Tried, tryPoint, WORDS } from './crash.js';
import { type Boundary, type Direction, deed, type Point } from './crash-point.js';
import { hostsOf } from './crash-state.js';
import { machines, type SetUp, type Way } from './crash-way.js';
import { look } from './look.js';

/** A set-up's lab, which stands at one end of one of its ways. */
export interface CrashLab {
  /**
   * Makes the cluster as it is at an end of a way: by host, what that changed; undefined when it stood there already, or had
   * to be made from nothing.
   */
  stand(way: Way, end: Direction): Promise<Record<string, string[]> | undefined>;
  /** At which end of a way it stands. */
  end(way: Way): Direction | undefined;
  /**
   * Tries a point; when that is not held, the machines are new, and the next point is none the worse for it. `through`: lets
   * the next apply through to its end in any case.
   */
  attempt(
    way: Way,
    point: Omit<Point, keyof Boundary>,
    choose: (all: readonly Boundary[]) => Boundary | undefined,
    through: boolean,
  ): Promise<Tried>;
  down(): Promise<void>;
}

const opposite = { from: 'to', to: 'from' } as const;

export async function crashLab(setup: SetUp): Promise<CrashLab> {
  const c = await cluster(setup, { edit: () => machines[setup] });
  await hasty(c);
  await bare(c);
  let stands: string | undefined;
  /** Whether no apply was made yet on these machines: what they hold at first is remembered by the way there. */
  let isNew = true;
  const reset = async () => {
    await c.reset();
    await bare(c);
    isNew = true;
  };
  /** An apply that waits to be broken off. */
  let opened: { way: Way; direction: Direction; apply: Opened } | undefined;
  const lab: CrashLab = {
    async stand(way, end) {
      if (opened) {
        const { way: former, direction, apply } = opened;
        stands = opened = undefined;
        const ran = await pass(c, former, apply);
        if (ran.code === 0) stands = former[direction];
        else tellFailed(former, ran);
      }
      if (stands === way[end]) return undefined;
      const wasNew = isNew;
      isNew = false;
      if (wasNew && end === 'to') await lab.stand(way, 'from');
      stands = undefined;
      await c.edit(() => way[end]);
      const { code, out, err } = await c.lvsctl('apply', '-y', '--json', ...WORDS);
      if (code !== 0) {
        tellFailed(way, { code, out, err });
        if (wasNew) throw new Error('no apply goes through on new machines');
        await reset();
        await lab.stand(way, end);
        return undefined;
      }
      stands = way[end];
      const changes = plannedBy(out);
      return Object.fromEntries(
        hostsOf(c).map(host => [host, changes.filter(change => change.host === host).map(deed)]),
      );
    },
    end: way => (stands === way.from ? 'from' : stands === way.to ? 'to' : undefined),
    async attempt(way, point, choose, through) {
      const { direction } = point;
      const start = opposite[direction];
      const goesOn = opened?.way === way && opened.direction === direction;
      if (!goesOn) await lab.stand(way, start);
      const former = opened?.apply;
      stands = opened = undefined;
      const { tried, next } = await tryPoint(c, way, point, choose, through, former);
      if (tried.message === undefined) stands = way[tried.converged ? direction : start];
      else {
        process.stdout.write(`${await look(c)}\n`);
        await reset();
      }
      if (next) opened = { way, direction, apply: next };
      return tried;
    },
    async down() {
      opened?.apply.run.signal('SIGKILL');
      await c.down();
    },
  };
  return lab;
}

/** An apply that nobody broke off has failed between two points: it belongs to neither, and must not go unseen. */
function tellFailed({ setup, name }: Way, { code, out, err }: Ran): void {
  process.stdout.write(
    `${setup} / ${name}: an apply between its points ended with ${code}: ${out}\n${err}\n`,
  );
}

/** Whoever connects to a machine that is off or cut off tries again soon. */
async function hasty(c: Cluster): Promise<void> {
  const file = join(c.directory, 'ssh_config');
  const config = await readFile(file, 'utf8');
  await writeFile(file, config.replaceAll(/ConnectTimeout \d+/g, 'ConnectTimeout 20'));
}

/** Half of what a session costs an emulated machine is PAM. */
async function bare(c: Cluster): Promise<void> {
  const script = "echo 'UsePAM no' >/etc/ssh/sshd_config.d/crash.conf && systemctl reload ssh";
  await Promise.all(hostsOf(c).map(host => c.on(host, script)));
}
