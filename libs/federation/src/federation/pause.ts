/** An operator's pause, and how any pause ends. Pausing one that is paused, and resuming one that runs, changes nothing. */
import { assertNever } from '../assert-never.js';
import { DomainError } from '../domain-error.js';
import type { FederationEvent } from './events.js';
import { alreadyFinished } from './lifecycle.js';
import { attemptOf, hasAnswered } from './round.js';
import type { Federation } from './state.js';
import { roundOf } from './state.js';

/** No new jobs; what runs may end and is recorded. */
export function pauseFederation(federation: Federation, reason: string | null): FederationEvent[] {
  const { id: federationId, status, round } = federation;
  switch (status) {
    case 'running': {
      const words = reason ?? 'an operator paused it';
      return [
        { type: 'FederationPaused', data: { federationId, round, cause: 'operator', reason: words, missing: [] } },
      ];
    }
    case 'paused':
      return [];
    default:
      throw notPausable(federation, status, 'pause');
  }
}

/** Where it paused by itself, the round's participants that have no answer are given another attempt. */
export function resumeFederation(federation: Federation): FederationEvent[] {
  const { id: federationId, status, round } = federation;
  switch (status) {
    case 'paused':
      return [{ type: 'FederationResumed', data: { federationId, round, retried: retriedAtResume(federation) } }];
    case 'running':
      return [];
    default:
      throw notPausable(federation, status, 'resume');
  }
}

function retriedAtResume(federation: Federation): { client: string; attempt: number }[] {
  if (federation.pauseCause === 'operator') return [];
  const round = roundOf(federation, federation.round);
  return round.participants
    .filter((client) => !hasAnswered(round, client))
    .filter((client) => Object.hasOwn(round.failures, client) && !Object.hasOwn(federation.left, client))
    .map((client) => ({ client, attempt: attemptOf(round, client) + 1 }));
}

function notPausable(
  federation: Federation,
  status: Exclude<Federation['status'], 'running' | 'paused'>,
  verb: string,
): DomainError {
  switch (status) {
    case 'created':
      return new DomainError(
        'FEDERATION_NOT_RUNNING',
        `cannot ${verb} federation ${federation.id}: it was not started`,
        {
          federationId: federation.id,
          status,
        },
      );
    case 'completed':
    case 'failed':
    case 'cancelled':
      return alreadyFinished(federation, verb);
    default:
      return assertNever(status);
  }
}
