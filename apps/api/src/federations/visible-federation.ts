/**
 * A federation as a site sees it: as if its own clients were all there are. Whatever is shown of a federation is derived from
 * what this lets through, so nothing of other sites' clients can be shown by mistake.
 */
import type { Federation, FederationStatus, Round } from '@fedamole/federation';
import type { FederationSummary } from '@fedamole/read-models';
import { knownTo, mayKnow, type Caller } from '../access/caller.js';

/** Null where the caller may not know that it exists. */
export function visibleFederation(caller: Caller, federation: Federation): Federation | null {
  const clients = federation.clients.filter((client) => mayKnow(caller, client));
  if (clients.length === federation.clients.length) return federation;
  if (clients.length === 0) return null;
  const { chosenWeightForm, status, reason } = federation;
  return {
    ...federation,
    clients,
    left: knownTo(caller, federation.left),
    misses: knownTo(caller, federation.misses),
    rounds: federation.rounds.map((round) => visibleRound(caller, round)),
    // Means over all clients.
    chosenWeightForm: chosenWeightForm && { ...chosenWeightForm, compared: [] },
    reason: visibleReason(status, reason),
  };
}

/** Other reasons name the clients that failed or did not answer; a site finds its own clients' in their rounds. */
const visibleReason = (status: FederationStatus, reason: string | null): string | null =>
  status === 'cancelled' ? reason : null;

/** The same of a list's line: means over all clients would tell of the others. */
export function visibleSummary(caller: Caller, summary: FederationSummary): FederationSummary {
  const clients = summary.clients.filter((client) => mayKnow(caller, client));
  if (clients.length === summary.clients.length) return summary;
  const { status, reason } = summary;
  return {
    ...summary,
    clients,
    reason: visibleReason(status, reason),
    baselineRougeL: null,
    lastRougeL: null,
    bestRougeL: null,
    baselineAccuracy: null,
    lastAccuracy: null,
    bestAccuracy: null,
    bestScore: null,
    bestRound: null,
  };
}

function visibleRound(caller: Caller, round: Round): Round {
  const { assigned, closed } = round;
  const known = (client: string): boolean => mayKnow(caller, client);
  return {
    ...round,
    participants: round.participants.filter(known),
    assigned: assigned && { ...assigned, assignment: knownTo(caller, assigned.assignment) },
    baselines: knownTo(caller, round.baselines),
    results: knownTo(caller, round.results),
    failures: knownTo(caller, round.failures),
    late: knownTo(caller, round.late),
    attempts: knownTo(caller, round.attempts),
    settled: knownTo(caller, round.settled),
    unplaced: knownTo(caller, round.unplaced),
    closed: closed && {
      ...closed,
      answered: closed.answered.filter(known),
      missing: closed.missing.filter(({ client }) => known(client)),
      next: closed.next && closed.next.filter(known),
    },
  };
}
