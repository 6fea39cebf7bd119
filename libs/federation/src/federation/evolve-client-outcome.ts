import { assertNever } from '../assert-never.js';
import type { ClientOutcomeEvent } from './events.js';
import { without } from './records.js';
import { reopened } from './reopened-round.js';
import { replaceRound } from './replace-round.js';
import type { Round } from './round.js';
import { attemptOf } from './round.js';
import type { Federation } from './state.js';

export function evolveClientOutcome(federation: Federation, event: ClientOutcomeEvent): Federation {
  return replaceRound(federation, event.data.round, (round) => withOutcome(round, event));
}

function withOutcome(round: Round, event: ClientOutcomeEvent): Round {
  const { client } = event.data;
  switch (event.type) {
    case 'BaselineMeasured': {
      const baselines = { ...round.baselines, [client]: event.data.result };
      return { ...round, baselines, failures: without(round.failures, client) };
    }
    case 'ClientTrained': {
      const results = { ...round.results, [client]: event.data.result };
      return { ...round, results, failures: without(round.failures, client) };
    }
    case 'ClientTrainingFailed':
      return failedFor(round, client, event.data.reason);
    case 'ClientRetried':
      return reopened(round, [event.data]);
    case 'ContributionRefused':
      return { ...failedFor(round, client, event.data.reason), results: without(round.results, client), closed: null };
    case 'LateResultRecorded':
      return { ...round, late: { ...round.late, [client]: event.data.result } };
    default:
      return assertNever(event);
  }
}

/** Settles the attempt: whatever else is told of it changes nothing. */
function failedFor(round: Round, client: string, reason: string): Round {
  const failures = { ...round.failures, [client]: reason };
  return { ...round, failures, settled: { ...round.settled, [client]: attemptOf(round, client) } };
}
