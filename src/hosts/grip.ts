import type { Event } from '../plan/event.js';
import { type Entry, eventOf, parseEntry } from './journal.js';
import type { Session } from './session.js';
import { conclude, follow, go, tidy } from './supervised.js';

/**
 * Our hold on one host while an apply runs there: hears its journal, keeps telling it that we are alive, and comes
 * back when the line breaks, for as long as the host waits for us.
 */
export class Grip {
  private entries: Entry[] = [];
  private phase = 0;
  private read = 0;
  private waiting: (() => void)[] = [];
  private gone = false;
  private closing = false;

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

  /** Carries out the host's next phase; true when it went through. */
  async carryOut(): Promise<boolean> {
    const phase = ++this.phase;
    await go(this.session, this.id, phase);
    const isOver = (entry: Entry) =>
      (entry.type === 'phase-end' && entry.phase === phase) || entry.type === 'end';
    const over = await this.until(isOver);
    return over?.type === 'phase-end' && over.code === 0;
  }

  /** Ends the apply on this host, over a new connection, and hears the rest of the journal. */
  async conclude(verdict: 'confirm' | 'undo'): Promise<void> {
    const ended = this.entries.some(({ type }) => type === 'end');
    if (!ended) {
      const fresh = await this.reconnect();
      const journal = fresh && (await conclude(fresh, this.id, verdict));
      if (journal !== undefined) this.hear(journal.split('\n').slice(this.read).filter(Boolean));
      else this.lost('the host did not say how it ended');
    }
    this.closing = true;
    if (this.entries.some(({ type }) => type === 'end')) {
      await tidy(this.session, this.id);
      this.say({ type: 'unlocked' });
    }
  }

  private async keepUp(): Promise<void> {
    const beat = Math.min(5000, Math.max(500, (this.patience * 1000) / 8)) || 5000;
    while (!this.closing) {
      const ended = await follow(this.session, this.id, this.read + 1, beat, line => this.hear([line]));
      if (!('lost' in ended) || this.closing) break;
      this.lost(ended.lost);
      const fresh = await this.reconnect();
      if (!fresh) break;
      this.session = fresh;
    }
    this.gone = true;
    this.wake();
  }

  /** A new connection, tried for as long as the host may still be waiting and then taking back. */
  private async reconnect(): Promise<Session | undefined> {
    const tries = Math.ceil(((this.patience || 60) + 60) / 3);
    for (let attempt = 0; attempt < tries; attempt++) {
      const fresh = await this.session.fresh().catch(() => undefined);
      if (fresh) return fresh;
      await new Promise(resolve => setTimeout(resolve, 3000));
    }
    return undefined;
  }

  private hear(lines: readonly string[]): void {
    for (const line of lines) {
      this.read += 1;
      const entry = parseEntry(line);
      if (!entry) continue;
      this.entries.push(entry);
      const event = eventOf(this.host, entry);
      if (event) this.tell(event);
    }
    this.wake();
  }

  private async until(match: (entry: Entry) => boolean): Promise<Entry | undefined> {
    for (;;) {
      const found = this.entries.find(match);
      if (found || this.gone) return found;
      await new Promise<void>(resolve => this.waiting.push(resolve));
    }
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  private lost(message: string): void {
    this.say({ type: 'lost', message });
  }

  private say(event: { type: 'lost'; message: string } | { type: 'unlocked' }): void {
    this.tell({ at: new Date().toISOString(), host: this.host, ...event });
  }
}
