/** Rounds that wait for clients no more, and rounds that wait for them again. */
import type { MissingClient } from './events.js';
import { without } from './records.js';
import type { Round } from './round.js';

/** These clients are waited for no more. Their attempts are not settled: what a slow one still hands in is looked at. */
export function withoutAnswers(round: Round, missing: readonly MissingClient[]): Round {
  const reasons = Object.fromEntries(missing.map(({ client, reason }) => [client, reason]));
  return { ...round, failures: { ...round.failures, ...reasons } };
}

/** Each is waited for again, under a new attempt. */
export function reopened(round: Round, retried: readonly { client: string; attempt: number }[]): Round {
  const attempts = Object.fromEntries(retried.map(({ client, attempt }) => [client, attempt]));
  const failures = retried.reduce((rest, { client }) => without(rest, client), round.failures);
  return { ...round, failures, attempts: { ...round.attempts, ...attempts }, closed: null };
}
