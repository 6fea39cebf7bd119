import type { Subscription } from '@fedamole/event-store';
import { subscribe } from '@fedamole/event-store';

/** Tells whoever listens that something may have happened: one connection for all of them. */
export class Wakeups {
  private readonly listeners = new Set<() => void>();
  private readonly subscription: Subscription;

  constructor(connectionString: string, onError: (error: Error) => void) {
    this.subscription = subscribe(connectionString, () => this.wake(), onError);
  }

  /** Returns what ends it. */
  onWake(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.listeners.clear();
    await this.subscription.close();
  }

  private wake(): void {
    for (const listener of this.listeners) listener();
  }
}
