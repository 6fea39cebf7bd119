import type { EventStore } from '@fedamole/event-store';
import type { Federation, FederationState } from '@fedamole/federation';
import { decideFederation, federationStream, nobodyIsAwaited } from '@fedamole/federation';
import type { Folded } from '../commands/command-handler.js';
import { followingOn } from '../commands/command-handler.js';
import { deadlineOf } from './deadline.js';

export interface RoundClosingOutcome {
  readonly closed: boolean;
  /** When the round has to close, in milliseconds since 1970; null where it has, and where it has no deadline. */
  readonly deadline: number | null;
}

/**
 * Closes the round whose deadline has passed, or one that waits for nobody: rounds of earlier versions did not close. The
 * events are appended to what the deadline was computed from, so a pause that came in between prevents them.
 *
 * @throws ConcurrencyError where something came in between
 */
export async function closeDueRound(
  store: Pick<EventStore, 'append'>,
  federation: Federation,
  folded: Folded<FederationState>,
  now: number,
  actor: { readonly actor: string },
): Promise<RoundClosingOutcome> {
  const { id, round, configuration } = federation;
  const seconds = federation.rounds[round]?.closed ? null : configuration.roundDeadline;
  const deadline = seconds === null ? null : deadlineOf(folded.stored, seconds);
  const passed = deadline !== null && deadline <= now;
  if (!passed && !nobodyIsAwaited(federation)) return { closed: false, deadline };
  const events = decideFederation({ type: 'CloseRound', round }, federation);
  await store.append(federationStream(id), folded.version, events, { ...followingOn(folded.last), ...actor });
  return { closed: events.length > 0, deadline: null };
}
