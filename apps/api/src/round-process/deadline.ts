import type { StoredEvent } from '@fedamole/event-store';
import { asDomainEvent } from '@fedamole/event-store';
import type { FederationEvent } from '@fedamole/federation';

/**
 * When the current round's time is up, in milliseconds since 1970; null while it is paused, and where no round has started.
 * Time goes from RoundStarted, stands still while the federation is paused, and begins anew where clients are given
 * another attempt at its resumption.
 */
export function deadlineOf(stored: readonly StoredEvent[], seconds: number): number | null {
  let spent = 0;
  /** Since when time goes; null while it stands still. */
  let since: number | null = null;
  let paused = false;
  for (const record of stored) {
    const at = record.recordedAt.getTime();
    switch (record.type) {
      case 'RoundStarted':
        spent = 0;
        since = paused ? null : at;
        break;
      case 'FederationPaused':
        if (since !== null) spent += at - since;
        since = null;
        paused = true;
        break;
      case 'FederationResumed':
        if (givesAttempts(record)) spent = 0;
        since = at;
        paused = false;
        break;
      default:
    }
  }
  return since === null ? null : since + 1000 * seconds - spent;
}

function givesAttempts(record: StoredEvent): boolean {
  const event = asDomainEvent<FederationEvent>(record);
  return event.type === 'FederationResumed' && event.data.retried.length > 0;
}
