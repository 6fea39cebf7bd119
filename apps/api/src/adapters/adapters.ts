/** The clients' personalised adapters as they are listed: a pure function of a federation's events. */
import type { Round } from '@fedamole/federation';
import type { LoadedFederation } from '../federations/loaded-federation.js';
import { ProblemException } from '../http/problem.js';
import type { AdapterResource } from './schemas.js';

/** Of a round; by default every client's newest one. */
export function listAdapters({ federation }: LoadedFederation, number: number | undefined): AdapterResource[] {
  return federation.clients.flatMap((client) => {
    const trained = (round: Round): boolean => Object.hasOwn(round.results, client);
    const rounds = federation.rounds.filter((round) => number === undefined || round.round === number);
    const round = rounds.findLast(trained);
    const result = round?.results[client];
    return round && result ? [{ client, round: round.round, digest: result.adapter, bytes: result.adapterBytes }] : [];
  });
}

/** Throws ADAPTER_NOT_FOUND. */
export function findAdapter(loaded: LoadedFederation, client: string, number: number | undefined): AdapterResource {
  const adapter = listAdapters(loaded, number).find((candidate) => candidate.client === client);
  if (adapter) return adapter;
  const which = number === undefined ? 'any round' : `round ${number}`;
  throw new ProblemException(
    'ADAPTER_NOT_FOUND',
    `client "${client}" has no adapter of ${which} in federation ${loaded.federation.id}`,
  );
}
