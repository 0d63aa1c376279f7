import { setTimeout } from 'node:timers/promises';
import type { Event } from '../plan/event.js';
import type { Mark } from '../systems/facts.js';
import { type Entry, eventOf, parseEntry } from './journal.js';
import type { Session } from './session.js';
import { conclude, follow, go, tidy } from './supervised.js';

/** Milliseconds between two tries to come back. */
const PAUSE = 3000;
/** Seconds in which a host takes everything back. */
const UNDOING = 10;

/** How long one goes without a word from the other, in seconds. */
export interface Patience {
  /** The host without us: then it ends the apply by itself. */
  theirs: number;
  /** We without the host: then we let go of it. */
  ours: number;
}

/**
 * Our hold on one host while an apply runs there: hears its journal, keeps telling it that we are alive, and comes
 * back when the line breaks, until we let go of it.
 */
export class Grip {
  private readonly entries: Entry[] = [];
  private phase = 0;
  /** Lines of the journal that were heard. */
  private read = 0;
  private waiting: (() => void)[] = [];
  /** Seconds without a word from the host, which has a minute more for its first; no clock, as it runs on while we stand still. */
  private silence = -60;
  /** The connection over which we confirm. */
  private anew: Session | undefined;
  private stopped = false;
  private gone = false;
  private closing = false;
  /** Ends when the host has no more to say, and none of our signs of life is left there. */
  private readonly following: Promise<void>;
  private readonly counting: NodeJS.Timeout;

  /** `lose`: told when we let go of the host. */
  constructor(
    private session: Session,
    private readonly id: string,
    private readonly patience: Patience,
    private readonly tell: (event: Event) => void,
    private readonly lose: () => void,
  ) {
    const beat = Math.min(5000, Math.max(500, patience.ours * 125));
    this.counting = setInterval(() => this.count(beat / 1000), beat);
    this.following = this.keepUp(beat);
  }

  get host(): string {
    return this.session.host;
  }

  /** Whether the host still waits for our verdict, as far as we heard. */
  get holds(): boolean {
    return !this.gone && !this.entries.some(({ type }) => type === 'undone' || type === 'end');
  }

  /** Carries out the host's next phase; true when it went through. */
  async carryOut(): Promise<boolean> {
    const phase = ++this.phase;
    if (!(await this.start(phase))) return false;
    const over = await this.until(
      entry => (entry.type === 'phase-end' && entry.phase === phase) || entry.type === 'end',
    );
    if (over?.type !== 'phase-end' || !this.holds) return false;
    if (over.code !== 0 && !this.entries.some(({ type }) => type === 'failed')) {
      this.say({ type: 'failed', message: `the script of phase ${phase} broke off with ${over.code}` });
    }
    return over.code === 0;
  }

  /** Lets nobody wait for a phase any longer. */
  stop(): void {
    this.stopped = true;
    this.wake();
  }

  /** Reaches the host anew, for the confirmation: a line that stands proves nothing. True when it answers. */
  async renew(): Promise<boolean> {
    const goOn = this.limit();
    this.anew = await this.reconnect(() => goOn() && !this.gone);
    if (!this.anew) this.say({ type: 'failed', message: 'the host cannot be reached over a new connection' });
    return this.anew !== undefined;
  }

  /** Ends the apply on this host and hears the rest of the journal; `mark`: in place of the one that was planned. */
  async conclude(verdict: 'confirm' | 'undo', mark?: Mark): Promise<void> {
    clearInterval(this.counting);
    if (!this.ended) this.anew ??= await this.reconnect(this.limit());
    const session = this.anew ?? this.session;
    if (!this.ended) {
      const journal = await conclude(session, this.id, verdict, mark);
      const lines = journal?.replace(/\n$/, '').split('\n') ?? [];
      for (const [index, line] of lines.entries()) this.hear(index + 1, line);
      if (!this.ended) this.lost('the host did not say how it ended');
    }
    this.closing = true;
    if (this.ended && !('lost' in (await tidy(session, this.id)))) this.say({ type: 'unlocked' });
    await Promise.race([this.following, setTimeout(2000, undefined, { ref: false })]);
    await this.anew?.close();
  }

  /** Resolves once a host that we let go of has had the time to take everything back; never for one that we still hear. */
  isBackByItself(): Promise<void> {
    if (!this.gone) return new Promise(() => {});
    return setTimeout((this.patience.theirs - this.patience.ours + UNDOING) * 1000, undefined, {
      ref: false,
    });
  }

  private get ended(): boolean {
    return this.entries.some(({ type }) => type === 'end');
  }

  /** Whether the host may still wait for us or take back, from now on. */
  private limit(): () => boolean {
    const until = Date.now() + (this.patience.theirs + 60) * 1000;
    return () => Date.now() < until;
  }

  private async start(phase: number): Promise<boolean> {
    while (!this.gone && !this.stopped) {
      const ended = await go(this.session, this.id, phase);
      if (!('lost' in ended)) {
        if (ended.code !== 0) this.say({ type: 'failed', message: `phase ${phase}: ${ended.stderr.trim()}` });
        return ended.code === 0;
      }
      await setTimeout(1000);
    }
    return false;
  }

  private async keepUp(beat: number): Promise<void> {
    while (!this.closing && !this.gone) {
      let line = this.read;
      const ended = await follow(this.session, this.id, line + 1, {
        beat,
        answered: () => {
          this.silence = 0;
        },
        tell: text => this.hear(++line, text),
      });
      if (!('lost' in ended) || this.closing || this.gone) break;
      this.lost(ended.lost);
      const fresh = await this.reconnect(() => !this.gone && !this.closing);
      if (!fresh) break;
      await this.session.close();
      this.session = fresh;
    }
    clearInterval(this.counting);
    this.gone = true;
    this.wake();
  }

  private count(passed: number): void {
    this.silence += passed;
    if (this.silence < this.patience.ours || this.ended) return;
    clearInterval(this.counting);
    this.gone = true;
    this.say({ type: 'failed', message: `nothing was heard from the host for ${this.patience.ours} s` });
    this.lose();
    this.wake();
  }

  private async reconnect(goOn: () => boolean): Promise<Session | undefined> {
    while (goOn()) {
      const fresh = await this.session.fresh().catch(() => undefined);
      if (fresh) return fresh;
      await setTimeout(PAUSE);
    }
    return undefined;
  }

  /** Hears a line of the journal, counted from 1, once: it may arrive by two ways. */
  private hear(line: number, text: string): void {
    if (line <= this.read) return;
    this.read = line;
    this.silence = 0;
    const entry = parseEntry(text);
    if (!entry) return;
    this.entries.push(entry);
    if (entry.type === 'undone' && entry.by === 'switch') {
      const message = `the host heard nothing from lvsctl for ${this.patience.theirs} s, or restarted, and took everything back by itself`;
      this.say({ type: 'failed', message });
    }
    const event = eventOf(this.host, entry);
    if (event) this.tell(event);
    this.wake();
  }

  private async until(match: (entry: Entry) => boolean): Promise<Entry | undefined> {
    for (;;) {
      const found = this.entries.find(match);
      if (found || this.gone || this.stopped) return found;
      await new Promise<void>(resolve => this.waiting.push(resolve));
    }
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  private lost(message: string): void {
    this.say({ type: 'lost', message });
  }

  private say(event: { type: 'lost' | 'failed'; message: string } | { type: 'unlocked' }): void {
    this.tell({ at: new Date().toISOString(), host: this.host, ...event });
  }
}
