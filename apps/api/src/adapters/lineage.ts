/** Where an adapter comes from: base model, experts, and every pool since the first one was drawn. */
import type { EventStore } from '@fedamole/event-store';
import type { Federation, FederationEvent, Round } from '@fedamole/federation';
import { attemptOf, DomainError, own } from '@fedamole/federation';
import { loadFederation, type LoadedFederation } from '../federations/loaded-federation.js';
import type { AdapterResource, AncestorPool, LineageResource } from './schemas.js';

export async function lineageOf(
  store: EventStore,
  loaded: LoadedFederation,
  adapter: AdapterResource,
): Promise<LineageResource> {
  const { federation } = loaded;
  const { client, round: number } = adapter;
  const round = federation.rounds[number];
  const result = round && own(round.results, client);
  if (!round?.assigned || !result) throw new Error(`round ${number} of ${federation.id} has no result of ${client}`);
  return {
    adapter,
    baseModel: federation.baseModel,
    experts: own(round.assigned.assignment, client) ?? {},
    scores: round.assigned.scores,
    trained: {
      ...recorded(loaded, client, number),
      attempt: attemptOf(round, client),
      device: result.device ?? 'cpu',
      trainExamples: result.splits.train,
      steps: result.steps,
    },
    mergedInto: (answeredIn(round).includes(client) && round.aggregated?.pool) || null,
    pools: await poolsBefore(store, federation, number),
  };
}

function recorded({ stored }: LoadedFederation, client: string, round: number): { eventId: string; at: string } {
  const event = stored.findLast(({ type, data }) => {
    if (type !== 'ClientTrained') return false;
    const trained = data as Extract<FederationEvent, { type: 'ClientTrained' }>['data'];
    return trained.client === client && trained.round === round;
  });
  if (!event) throw new Error(`nothing recorded the adapter of ${client} in round ${round}`);
  return { eventId: event.id, at: event.recordedAt.toISOString() };
}

/** Whose results a round merged. Rounds of earlier versions did not close: all participants answered. */
const answeredIn = ({ closed, participants, results }: Round): string[] =>
  (closed?.answered ?? participants).filter((client) => Object.hasOwn(results, client));

/** On into the federations that it was forked from, as far as the caller may know of them. */
async function poolsBefore(store: EventStore, federation: Federation, round: number): Promise<AncestorPool[]> {
  const { parent, rounds, id: federationId } = federation;
  const pools = rounds
    .slice(parent ? 1 : 0, round)
    .reverse()
    .flatMap((earlier) => {
      if (!earlier.aggregated) return [];
      const merged = answeredIn(earlier).map((client) => ({ client, adapter: earlier.results[client]?.adapter ?? '' }));
      return [{ federationId, round: earlier.round, pool: earlier.aggregated.pool, merged }];
    });
  if (!parent) return pools;
  const known = await loadFederation(store, parent.federationId).catch(nullWhereUnknown);
  return [...pools, ...(known ? await poolsBefore(store, known.federation, parent.round + 1) : [])];
}

function nullWhereUnknown(error: unknown): null {
  if (error instanceof DomainError && error.code === 'FEDERATION_NOT_FOUND') return null;
  throw error;
}
