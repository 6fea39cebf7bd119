/** Spans of a job's phases, as it tells of them by its progress; each lasts until the next one begins. */
import { pastSpan } from './tracing.js';

export class PhaseSpans {
  private current: { readonly phase: string; readonly since: number } | null = null;

  constructor(private readonly now: () => number = Date.now) {}

  /** Told of every progress. */
  at(phase: string): void {
    if (this.current?.phase === phase) return;
    this.end();
    this.current = { phase, since: this.now() };
  }

  end(): void {
    if (this.current !== null) pastSpan(this.current.phase, this.current.since, this.now());
    this.current = null;
  }
}
