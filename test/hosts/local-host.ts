import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Ended, ExecOptions, Session } from '../../src/hosts/session.js';

// Some systems find awk by way of /etc/alternatives.
const SCENE = `
mount -t tmpfs t /run && mount -t tmpfs -o size=8m t /var/lib || exit
mkdir -p /run/etc/alternatives && cp -a /etc/alternatives/. /run/etc/alternatives
mount -t tmpfs t /etc && cp -a /run/etc/. /etc && rm -rf /run/etc || exit
mkdir -p /etc/systemd/system /etc/state
echo ready
while sleep 0.2; do :; done`;

/**
 * A part of this machine that passes for a host: /etc, /run and /var/lib of its own and processes that end with it.
 * Root, or an ordinary user as root of his own.
 */
export class LocalHost {
  private readonly sessions = new Set<ChildProcess>();
  /** While true no command can be started, and those that run are lost. */
  private unplugged = false;

  private constructor(
    readonly name: string,
    private readonly holder: ChildProcess,
    private readonly pid: string,
  ) {}

  static async make(name = 'lb1'): Promise<LocalHost> {
    const user = process.getuid?.() === 0 ? [] : ['-r'];
    const words = [...user, '-m', '-p', '--fork', '--kill-child', '--mount-proc', 'sh', '-c', SCENE];
    const holder = spawn('unshare', words, { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise<void>((resolve, reject) => {
      holder.stdout!.once('data', () => resolve());
      holder.once('close', code => reject(new Error(`unshare ended with ${code}`)));
    });
    const task = `/proc/${holder.pid}/task/${holder.pid}/children`;
    return new LocalHost(name, holder, readFileSync(task, 'utf8').trim());
  }

  /** Runs shell text in here and gives its standard output. */
  run(text: string): string {
    const [name, ...words] = [...this.within, 'sh', '-c', text];
    return execFileSync(name!, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  }

  /** What the changes of a test have made, one line each. */
  state(): string[] {
    return this.run('cd /etc/state && grep -H . * 2>/dev/null || :').split('\n').filter(Boolean);
  }

  /** Waits until shell text succeeds in here; throws after so many seconds. */
  async until(text: string, seconds = 60): Promise<void> {
    const wait = `until { ${text}; } >/dev/null 2>&1; do sleep 0.2; done`;
    const [name, ...words] = [...this.within, 'sh', '-c', wait];
    await promisify(execFile)(name!, words, { timeout: seconds * 1000 }).catch(() => {
      const told = this.run('cat /var/lib/lvsctl/apply/*/journal; ps ax');
      throw new Error(`not within ${seconds} s: ${text}\n${told}`);
    });
  }

  /** `another`: of somebody else, whose line is never cut. */
  session(another = false): Session {
    return {
      host: this.name,
      exec: (command, options) => this.exec(command, options, another),
      tunnel: () => Promise.reject(new Error('no tunnel')),
      fresh: () => (this.unplugged ? Promise.reject(new Error('no way')) : Promise.resolve(this.session())),
      close: async () => {},
    };
  }

  /** Cuts every line to the host. */
  unplug(): void {
    this.unplugged = true;
    for (const child of this.sessions) child.kill('SIGKILL');
  }

  plug(): void {
    this.unplugged = false;
  }

  /** Every file that an apply may leave. */
  left(): string[] {
    return this.run('find /var/lib/lvsctl /run/lvsctl /etc/systemd -type f -o -type l 2>/dev/null || :')
      .replaceAll(/history\/.*/g, 'history/ID')
      .split('\n')
      .filter(Boolean)
      .sort();
  }

  end(): void {
    this.unplug();
    this.holder.kill('SIGKILL');
  }

  private get within(): string[] {
    const user = process.getuid?.() === 0 ? [] : ['-U', '--preserve-credentials'];
    return ['nsenter', '-t', this.pid, ...user, '-m', '-p', '--'];
  }

  private exec(command: string, options: ExecOptions, another: boolean): Promise<Ended> {
    if (this.unplugged && !another) return Promise.resolve({ lost: 'no line' });
    const [name, ...words] = [...this.within, 'sh', '-c', command];
    const child = spawn(name!, words, { stdio: ['pipe', 'pipe', 'pipe'] });
    if (!another) this.sessions.add(child);
    return new Promise(resolve => {
      let [stdout, stderr, line] = ['', '', ''];
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
        const lines = (line + text).split('\n');
        line = lines.pop()!;
        for (const whole of lines) if (!this.unplugged) options.tell?.(whole);
      });
      child.stderr.setEncoding('utf8').on('data', text => {
        stderr += text;
        if (!this.unplugged) options.answered?.();
      });
      child.stdin.on('error', () => {});
      const beating = options.beat && setInterval(() => child.stdin.write('\n'), options.beat);
      if (!beating) child.stdin.end(options.input ?? '');
      child.on('exit', (code, signal) => {
        clearInterval(beating);
        this.sessions.delete(child);
        const end = () => resolve({ code: code!, stdout, stderr });
        if (signal) resolve({ lost: signal });
        // The last words may come after the exit; somebody left behind may hold the pipe for good.
        else {
          child.once('close', end);
          setTimeout(end, 2000);
        }
      });
    });
  }
}
