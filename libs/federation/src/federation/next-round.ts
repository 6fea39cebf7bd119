/** Who takes part in the next round, and with how many experts each. Decided when a round closes, so that it is a fact. */
import type { Infeasibility } from '@fedamole/assignment';
import { infeasibilities } from '@fedamole/assignment';
import type { FederationConfiguration } from '../configuration.js';
import { own } from './records.js';
import type { Round } from './round.js';
import { hasAnswered } from './round.js';
import type { Federation } from './state.js';
import { membersOf } from './state.js';

/** Rounds in a row after whose missing a client stays out until it joins again. */
const mostMisses = 2;

/**
 * Members that answered this round, and those that took no part in it: newcomers, those that came back, and those that sat
 * out. A member that misses a round sits out the next one and takes part again in the one after it; where it misses that
 * one, too, it stays out until it joins again.
 */
export function nextParticipants(federation: Federation, round: Round): string[] {
  const participants = new Set(round.participants);
  return membersOf(federation).filter((client) =>
    participants.has(client) ? hasAnswered(round, client) : (own(federation.misses, client) ?? 0) < mostMisses,
  );
}

/** The least number of experts a client that so many can be assigned, or the inequalities that fail. */
export function feasibleMinExperts(
  configuration: FederationConfiguration,
  participants: number,
): { minExperts: number } | { failing: Infeasibility[] } {
  const limits = { ...configuration, clients: participants };
  const failing = infeasibilities(limits);
  if (failing.length === 0) return { minExperts: configuration.minExperts };
  if (configuration.allowFewerExperts) {
    for (let minExperts = configuration.minExperts - 1; minExperts >= configuration.topK; minExperts -= 1) {
      if (infeasibilities({ ...limits, minExperts }).length === 0) return { minExperts };
    }
  }
  return { failing };
}
