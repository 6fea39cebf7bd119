/**
 * A round closes once: when nobody is waited for any more, or at its deadline. From then on it is a fact whose answers it
 * takes. Where it could not go on with them, the federation pauses and says why; the round then stays open.
 */
import type { FederationConfiguration } from '../configuration.js';
import { afterEvents } from './evolve.js';
import type { ClosingCause, FederationEvent, MissingClient, PauseCause } from './events.js';
import { feasibleMinExperts, nextParticipants } from './next-round.js';
import { own } from './records.js';
import { requireStarted } from './require-started.js';
import type { Round } from './round.js';
import { awaitedClients, hasAnswered, missingClients } from './round.js';
import type { Federation } from './state.js';
import { roundOf } from './state.js';
import { compareWeightForms, fastestNearFloat32 } from './weight-form-choice.js';

/** Missing clients that a reason names; the event lists all of them. */
const namedInReason = 10;

/** These events, and the closing of the round where they are what it was still waiting for. */
export function withClosing(federation: Federation, events: FederationEvent[]): FederationEvent[] {
  if (events.length === 0) return events;
  const after = afterEvents(federation, events);
  return nobodyIsAwaited(after) ? withClosing(federation, [...events, ...closeRound(after, 'all-answered')]) : events;
}

/** A running round that is open and waits for nobody. */
export function nobodyIsAwaited(federation: Federation): boolean {
  const round = federation.rounds[federation.round];
  if (federation.status !== 'running' || !round?.started || round.closed) return false;
  return awaitedClients(round, federation.left).length === 0;
}

/** Nothing where the round has closed already, or the federation does not run. */
export function closeAtDeadline(federation: Federation, number: number): FederationEvent[] {
  if (federation.status !== 'running' || number < federation.round) return [];
  requireStarted(federation, number);
  if (roundOf(federation, number).closed) return [];
  return closeRound(federation, nobodyIsAwaited(federation) ? 'all-answered' : 'deadline');
}

/** RoundClosed and what goes with it, or FederationPaused. */
export function closeRound(federation: Federation, cause: ClosingCause): FederationEvent[] {
  const { id: federationId, configuration, left } = federation;
  const round = roundOf(federation, federation.round);
  const answered = round.participants.filter((client) => hasAnswered(round, client));
  const missing = missingClients(round, left);
  const gone = missing.filter(({ client }) => Object.hasOwn(left, client)).length;
  const expected = round.participants.length - gone;
  const needed = answersNeeded(configuration, expected);
  if (answered.length < needed) {
    const share = `the quorum of ${configuration.quorum} asks for ${needed} of ${expected}`;
    const words = `${answered.length} of ${expected} clients answered in round ${round.round}, and ${share}`;
    return [paused(federation, 'quorum', words, missing)];
  }
  const lastRound = round.round === configuration.rounds;
  const next = lastRound ? null : nextParticipants(federation, round);
  const limits = next === null ? null : feasibleMinExperts(configuration, next.length);
  if (limits !== null && 'failing' in limits) {
    const words = limits.failing.map(({ inequality, by }) => `${inequality} (off by ${by})`).join('; ');
    const who = `round ${round.round + 1} would have ${next?.length ?? 0} participants, who cannot be assigned experts`;
    return [paused(federation, 'infeasible', `${who}: ${words}`, missing)];
  }
  const closed: FederationEvent = {
    type: 'RoundClosed',
    data: { federationId, round: round.round, answered, missing, cause, next },
  };
  const lowered = limits === null ? [] : minExpertsLowered(federation, round, limits.minExperts, next?.length ?? 0);
  return [closed, ...weightFormChosen(federation, round, answered), ...lowered];
}

/** The quorum's share, rounded up (0.7 of 10 are 7, though 0.7 * 10 is above 7 in binary); one at least must answer. */
function answersNeeded({ quorum }: FederationConfiguration, expected: number): number {
  return Math.max(1, Math.ceil(quorum * expected - 1e-9));
}

function paused(
  { id: federationId, round }: Federation,
  cause: PauseCause,
  words: string,
  missing: MissingClient[],
): FederationEvent {
  const named = missing.slice(0, namedInReason).map(({ client, reason }) => `"${client}": ${reason}`);
  const more = missing.length > namedInReason ? [`and ${missing.length - namedInReason} more`] : [];
  const without = missing.length === 0 ? '' : `. Missing: ${[...named, ...more].join('; ')}`;
  return { type: 'FederationPaused', data: { federationId, round, cause, reason: words + without, missing } };
}

function minExpertsLowered(
  federation: Federation,
  { round }: Round,
  to: number,
  participants: number,
): FederationEvent[] {
  const { id: federationId, configuration } = federation;
  const { minExperts: from } = configuration;
  return to === from
    ? []
    : [{ type: 'MinExpertsLowered', data: { federationId, round: round + 1, from, to, participants } }];
}

/** What "auto" comes to, after round 0. */
function weightFormChosen(federation: Federation, round: Round, answered: readonly string[]): FederationEvent[] {
  const { id: federationId, configuration, chosenWeightForm } = federation;
  if (round.round > 0 || configuration.weights !== 'auto' || chosenWeightForm !== null) return [];
  const compared = compareWeightForms(answered.map((client) => own(round.baselines, client)?.weightForms ?? []));
  return [{ type: 'WeightFormChosen', data: { federationId, form: fastestNearFloat32(compared), compared } }];
}
