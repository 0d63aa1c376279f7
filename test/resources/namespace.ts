import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, readlinkSync } from 'node:fs';

/** A network namespace of its own for real ip, iptables and sysctl; root, or an ordinary user as root of his own. */
export class Namespace {
  private constructor(private readonly holder: ChildProcess) {}

  /** Makes one with interfaces v0 and v1 (the ends of one cable), both up. */
  static async make(): Promise<Namespace> {
    const user = process.getuid?.() === 0 ? [] : ['-r'];
    const holder = spawn('unshare', [...user, '-n', 'sleep', '600'], { stdio: 'ignore' });
    const own = readlinkSync('/proc/self/ns/net');
    for (let tries = 0; tries < 200; tries++) {
      const link = `/proc/${holder.pid}/ns/net`;
      if (existsSync(link) && readlinkSync(link) !== own) break;
      await new Promise(done => setTimeout(done, 10));
    }
    const made = new Namespace(holder);
    made.run('ip link set lo up');
    made.run('ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up');
    return made;
  }

  /** The words to put before a command so that it runs in here. */
  get within(): string[] {
    const user = process.getuid?.() === 0 ? [] : ['-U', '--preserve-credentials'];
    return ['nsenter', '-t', String(this.holder.pid), ...user, '-n', '--'];
  }

  /** Runs shell text in here and gives its standard output. */
  run(text: string): string {
    const [name, ...words] = [...this.within, 'sh', '-ec', text];
    return execFileSync(name!, words, {
      encoding: 'utf8',
      stdio: 'pipe',
      env: { ...process.env, LC_ALL: 'C' },
    });
  }

  end(): void {
    this.holder.kill('SIGKILL');
  }

  /** Whether this machine's kernel keeps rules for this iptables, tried in a namespace that goes away again. */
  static has(iptables: string): boolean {
    const user = process.getuid?.() === 0 ? [] : ['-r'];
    return spawnSync('unshare', [...user, '-n', iptables, '-t', 'nat', '-N', 'T']).status === 0;
  }
}
