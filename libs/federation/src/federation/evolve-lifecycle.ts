import { assertNever } from '../assert-never.js';
import type { LifecycleEvent, MembershipEvent } from './events.js';
import { without } from './records.js';
import { reopened, withoutAnswers } from './reopened-round.js';
import { replaceRound } from './replace-round.js';
import { emptyRound } from './round.js';
import type { Federation } from './state.js';

type Created = Extract<LifecycleEvent, { type: 'FederationCreated' }>['data'];
type LaterEvent = Exclude<LifecycleEvent, { type: 'FederationCreated' }> | MembershipEvent;

/** A fork's round 0 is its parent's round, under the number 0. */
export function created({ federationId, parent, ...data }: Created): Federation {
  const federation: Federation = {
    status: 'created',
    id: federationId,
    ...data,
    left: {},
    misses: {},
    round: 0,
    rounds: [],
    chosenWeightForm: null,
    parent: null,
    pauseCause: null,
    reason: null,
  };
  if (!parent) return federation;
  const { pool, poolBytes, assignment, scores, baselines, weightForm } = parent;
  return {
    ...federation,
    rounds: [
      { ...emptyRound(0), baselines, aggregated: { pool, poolBytes, seconds: 0 } },
      { ...emptyRound(1), assigned: { assignment, scores } },
    ],
    chosenWeightForm: weightForm,
    parent: { federationId: parent.federationId, round: parent.round },
  };
}

export function evolveLifecycle(federation: Federation, event: LaterEvent): Federation {
  switch (event.type) {
    case 'FederationStarted':
      return { ...federation, status: 'running' };
    case 'FederationPaused': {
      const { round, cause, reason, missing } = event.data;
      const paused: Federation = { ...federation, status: 'paused', pauseCause: cause, reason };
      return missing.length === 0 ? paused : replaceRound(paused, round, (before) => withoutAnswers(before, missing));
    }
    case 'FederationResumed': {
      const { round, retried } = event.data;
      const resumed: Federation = { ...federation, status: 'running', pauseCause: null, reason: null };
      return retried.length === 0 ? resumed : replaceRound(resumed, round, (before) => reopened(before, retried));
    }
    case 'FederationCompleted':
      return { ...federation, status: 'completed', pauseCause: null, reason: null };
    case 'FederationFailed':
      return { ...federation, status: 'failed', pauseCause: null, reason: event.data.reason };
    case 'FederationCancelled':
      return { ...federation, status: 'cancelled', pauseCause: null, reason: event.data.reason };
    case 'ClientJoined': {
      const { client } = event.data;
      const clients = [...new Set([...federation.clients, client])].sort();
      return {
        ...federation,
        clients,
        left: without(federation.left, client),
        misses: without(federation.misses, client),
      };
    }
    case 'ClientLeft': {
      const { client, reason } = event.data;
      return { ...federation, left: { ...federation.left, [client]: reason } };
    }
    default:
      return assertNever(event);
  }
}
