/** Jobs that failed for good and that an operator may give another attempt: their errors are in the events. */
import type { Federation } from '@fedamole/federation';
import { attemptOf, own } from '@fedamole/federation';
import type { StoredEvent } from '@fedamole/event-store';
import { mayKnow } from '../access/caller.js';
import { currentCaller } from '../commands/request-origin.js';
import { allFederations } from '../federations/all-federations.js';
import { loadFederation } from '../federations/loaded-federation.js';
import type { Platform } from '../platform/platform.js';
import type { ParkedJob } from './schemas.js';

/** Of clients that the caller may know, the newest first. */
export async function parkedJobs(platform: Platform): Promise<ParkedJob[]> {
  const parked: ParkedJob[] = [];
  const open = [...(await allFederations(platform, 'running')), ...(await allFederations(platform, 'paused'))];
  const caller = currentCaller();
  for (const { id, clients } of open) {
    if (!clients.some((client) => mayKnow(caller, client))) continue;
    const { federation, stored } = await loadFederation(platform.store, id);
    parked.push(...parkedOf(federation, stored));
  }
  return parked.sort((a, b) => (a.failedAt > b.failedAt ? -1 : 1));
}

function parkedOf(federation: Federation, stored: readonly StoredEvent[]): ParkedJob[] {
  const { id, name, clients, left } = federation;
  const round = federation.rounds[federation.round];
  if (!round?.started || round.closed) return [];
  return clients.flatMap((client) => {
    const error = own(round.failures, client);
    if (error === undefined || Object.hasOwn(left, client)) return [];
    const failed = stored.findLast(({ type, data }) => failures.has(type) && isAbout(data, round.round, client));
    if (!failed) return [];
    return [
      {
        federation: id,
        federationName: name,
        round: round.round,
        client,
        attempt: attemptOf(round, client),
        error,
        failedAt: failed.recordedAt.toISOString(),
        retry: `/v1/federations/${id}/rounds/${round.round}/clients/${client}/retry`,
      },
    ];
  });
}

const failures = new Set(['ClientTrainingFailed', 'ContributionRefused']);

const isAbout = (data: unknown, round: number, client: string): boolean =>
  typeof data === 'object' && data !== null && 'round' in data && 'client' in data
    ? data.round === round && data.client === client
    : false;
