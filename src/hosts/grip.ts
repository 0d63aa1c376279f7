import type { Event } from '../plan/event.js';
import type { Mark } from '../systems/facts.js';
import { type Entry, eventOf, parseEntry } from './journal.js';
import type { Session } from './session.js';
import { conclude, follow, go, tidy } from './supervised.js';

/** Seconds between two tries to come back. */
const PAUSE = 3;

/**
 * Our hold on one host while an apply runs there: hears its journal, keeps telling it that we are alive, and comes
 * back when the line breaks, for as long as the host waits for us.
 */
export class Grip {
  private readonly entries: Entry[] = [];
  private phase = 0;
  /** Lines of the journal that were heard. */
  private read = 0;
  private waiting: (() => void)[] = [];
  /** When we last heard the host. */
  private heard = Date.now();
  /** The connection over which we confirm. */
  private anew: Session | undefined;
  private stopped = false;
  private gone = false;
  private closing = false;

  /** `patience`: seconds of silence after which the host ends the apply by itself. */
  constructor(
    private session: Session,
    private readonly id: string,
    private readonly patience: number,
    private readonly tell: (event: Event) => void,
  ) {
    void this.keepUp();
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
    this.anew = await this.reconnect(Date.now() + this.limit);
    if (!this.anew) this.say({ type: 'failed', message: 'the host cannot be reached over a new connection' });
    return this.anew !== undefined;
  }

  /** Ends the apply on this host and hears the rest of the journal; `mark`: in place of the one that was planned. */
  async conclude(verdict: 'confirm' | 'undo', mark?: Mark): Promise<void> {
    if (!this.ended) this.anew ??= await this.reconnect(Date.now() + this.limit);
    const session = this.anew ?? this.session;
    if (!this.ended) {
      const journal = await conclude(session, this.id, verdict, mark);
      const lines = journal?.replace(/\n$/, '').split('\n') ?? [];
      for (const [index, line] of lines.entries()) this.hear(index + 1, line);
      if (!this.ended) this.lost('the host did not say how it ended');
    }
    this.closing = true;
    if (this.ended && !('lost' in (await tidy(session, this.id)))) this.say({ type: 'unlocked' });
    await this.anew?.close();
  }

  private get ended(): boolean {
    return this.entries.some(({ type }) => type === 'end');
  }

  /** Milliseconds for which the host may wait for us and then take back. */
  private get limit(): number {
    return (this.patience + 60) * 1000;
  }

  private async start(phase: number): Promise<boolean> {
    while (!this.gone && !this.stopped) {
      const ended = await go(this.session, this.id, phase);
      if (!('lost' in ended)) {
        if (ended.code !== 0) this.say({ type: 'failed', message: `phase ${phase}: ${ended.stderr.trim()}` });
        return ended.code === 0;
      }
      await seconds(1);
    }
    return false;
  }

  private async keepUp(): Promise<void> {
    const beat = Math.min(5000, Math.max(500, this.patience * 125));
    while (!this.closing) {
      let line = this.read;
      const began = Date.now();
      const ended = await follow(this.session, this.id, line + 1, beat, text => this.hear(++line, text));
      if (!('lost' in ended) || this.closing) break;
      if (Date.now() - began > 10_000) this.heard = Date.now();
      this.lost(ended.lost);
      const fresh = await this.reconnect(this.heard + this.limit);
      if (!fresh) break;
      await this.session.close();
      this.session = fresh;
    }
    this.gone = true;
    this.wake();
  }

  private async reconnect(until: number): Promise<Session | undefined> {
    while (Date.now() < until) {
      const fresh = await this.session.fresh().catch(() => undefined);
      if (fresh) return fresh;
      await seconds(PAUSE);
    }
    return undefined;
  }

  /** Hears a line of the journal, counted from 1, once: it may arrive by two ways. */
  private hear(line: number, text: string): void {
    if (line <= this.read) return;
    this.read = line;
    this.heard = Date.now();
    const entry = parseEntry(text);
    if (!entry) return;
    this.entries.push(entry);
    if (entry.type === 'undone' && entry.by === 'switch') {
      const message = `the host heard nothing from lvsctl for ${this.patience} s, or restarted, and took everything back by itself`;
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

function seconds(count: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, count * 1000));
}
