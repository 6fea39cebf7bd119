/**
 * Who lives, judged by the reader's clock alone: a record that changes is alive, one that has not changed for some looks in
 * succession is not. While nobody looked (the queue was away, the reader was stopped) nobody was silent: counting begins anew.
 */
import type { LifeSign, LiveWorker } from './announcement.js';

/** Milliseconds without a sign after which a worker counts as dead: three of its signs. */
const longestSilence = 6000;
/** Milliseconds between two looks beyond which something was missed. */
const longestGap = 5000;
/** Milliseconds of silence after which its record is of no use any more. */
const forgottenAfter = 60_000;

interface Seen {
  readonly sign: LifeSign;
  readonly changedAt: number;
}

export class LifeSigns {
  private seen = new Map<string, Seen>();
  private lookedAt: number | null = null;
  private since: number | null = null;
  private alive: readonly LiveWorker[] = [];
  private changes = 0;

  /** Since when looks have followed each other without a gap; null where the last one failed. */
  get uninterruptedSince(): number | null {
    return this.since;
  }

  /** As of the last look, by identifier. */
  get live(): readonly LiveWorker[] {
    return this.alive;
  }

  /** Another number whenever others live than before. */
  get generation(): number {
    return this.changes;
  }

  /** All records, as they are now; `now` in milliseconds of a clock that never goes back. */
  look(records: ReadonlyMap<string, LifeSign>, now: number): void {
    const gap = this.lookedAt === null || this.since === null || now - this.lookedAt > longestGap;
    if (gap) this.since = now;
    this.lookedAt = now;
    this.seen = new Map(
      [...records].map(([id, sign]) => {
        const before = this.seen.get(id);
        const silent = before !== undefined && before.sign.beat === sign.beat && !gap;
        return [id, { sign, changedAt: silent ? before.changedAt : now }];
      }),
    );
    const alive = [...this.seen]
      .filter(([, { changedAt }]) => now - changedAt < longestSilence)
      .map(([id, { sign }]): LiveWorker => ({ ...sign.announcement, id }))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    const sameAsBefore = alive.length === this.alive.length && alive.every(({ id }, at) => id === this.alive[at]?.id);
    if (!sameAsBefore) this.changes++;
    this.alive = alive;
  }

  /** Nothing could be seen: whoever lived is still taken for alive. */
  missed(): void {
    this.since = null;
  }

  /** Records that have been silent for so long that they can go. */
  forgettable(now: number): string[] {
    return [...this.seen].flatMap(([id, { changedAt }]) => (now - changedAt > forgottenAfter ? [id] : []));
  }
}
