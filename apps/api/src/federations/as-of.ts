/** Any moment of the past, named by an event: a federation's state is the fold of its events up to there. */
import type { EventStore } from '@fedamole/event-store';
import { DomainError, federationStream } from '@fedamole/federation';
import { z } from 'zod';
import { ProblemException } from '../http/problem.js';
import { byRound, wholeNumberText } from '../http/query-parameters.js';

const words = "a version of the federation's stream, or the identifier of an event of any stream";

export const asOf = z
  .union([wholeNumberText(1, 1_000_000_000), z.guid()], `expected ${words}`)
  .optional()
  .meta({ description: `As it was after an event: ${words}. As it is now when left out.` });
export type AsOf = z.infer<typeof asOf>;

export const atMoment = z.strictObject({ asOf });
export type AtMoment = z.infer<typeof atMoment>;

export const byRoundAtMoment = byRound.extend(atMoment.shape);
export type ByRoundAtMoment = z.infer<typeof byRoundAtMoment>;

/**
 * The version that a federation had at a moment; null for now. Throws FEDERATION_NOT_FOUND where it did not exist yet,
 * EVENT_NOT_FOUND where there is no such event.
 */
export async function versionAt(store: EventStore, id: string, moment: AsOf): Promise<number | null> {
  if (moment === undefined) return null;
  const stream = federationStream(id);
  if (typeof moment === 'number') {
    const [event] = await store.readStream(stream, moment - 1, 1);
    if (!event) throw new ProblemException('EVENT_NOT_FOUND', `federation ${id} has no event of version ${moment}`);
    return moment;
  }
  const version = await store.versionAsOf(stream, moment);
  if (version === null) throw new ProblemException('EVENT_NOT_FOUND', `there is no event ${moment}`);
  if (version > 0) return version;
  throw new DomainError('FEDERATION_NOT_FOUND', `as of event ${moment} there was no federation "${id}"`, {
    federationId: id,
  });
}
