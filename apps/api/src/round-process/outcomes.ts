/** Turns finished jobs into commands. A job's identifier says what it was for; its result is validated here. */
import type { OutcomeCommand } from '@fedamole/federation';
import {
  aggregationOutcome,
  aggregationResult,
  baselineResult,
  parseJobId,
  trainingResult,
} from '@fedamole/federation';
import type { FinishedJob } from '@fedamole/queues';
import { describeIssues } from '@fedamole/queues';
import type { z } from 'zod';

const [, refusals] = aggregationOutcome.options;

export interface Outcome {
  readonly federationId: string;
  readonly command: OutcomeCommand;
}

/** Null for a job that the platform did not make: its identifier is not `<federation>.<round>.<client>.<attempt>`. */
export function outcomeOf(queue: 'training' | 'aggregation', job: FinishedJob): Outcome | null {
  const identity = parseJobId(job.id);
  if (!identity) return null;
  const { federationId, client, ...part } = identity;
  const command = queue === 'training' ? clientOutcome(job, { ...part, client }) : aggregationOutcomeOf(job, part);
  return { federationId, command };
}

/** The command that ends a job's part in a federation where its result was refused. */
export function refusedOutcome({ command }: Outcome, reason: string): OutcomeCommand {
  const { attempt } = command;
  switch (command.type) {
    case 'RecordBaseline':
      return { type: 'RecordClientFailure', round: 0, client: command.client, attempt, reason };
    case 'RecordTraining':
    case 'RecordClientFailure':
      return { type: 'RecordClientFailure', round: command.round, client: command.client, attempt, reason };
    case 'RecordAggregation':
    case 'RecordRefusals':
    case 'RecordAggregationFailure':
      return { type: 'RecordAggregationFailure', round: command.round, attempt, reason };
  }
}

function clientOutcome(job: FinishedJob, part: { round: number; client: string; attempt: number }): OutcomeCommand {
  const { client, attempt } = part;
  const failure = (reason: string): OutcomeCommand => ({ type: 'RecordClientFailure', ...part, reason });
  if (job.state === 'failed') return failure(job.reason);
  return part.round === 0
    ? validated(baselineResult, job.result, (result) => ({ type: 'RecordBaseline', client, attempt, result }), failure)
    : validated(trainingResult, job.result, (result) => ({ type: 'RecordTraining', ...part, result }), failure);
}

function aggregationOutcomeOf(job: FinishedJob, part: { round: number; attempt: number }): OutcomeCommand {
  const failure = (reason: string): OutcomeCommand => ({ type: 'RecordAggregationFailure', ...part, reason });
  if (job.state === 'failed') return failure(job.reason);
  // told apart first: of a union's value it could not be said what is wrong
  if (typeof job.result === 'object' && job.result !== null && 'refused' in job.result) {
    return validated(refusals, job.result, ({ refused }) => ({ type: 'RecordRefusals', ...part, refused }), failure);
  }
  return validated(
    aggregationResult,
    job.result,
    (result) => ({ type: 'RecordAggregation', ...part, result }),
    failure,
  );
}

function validated<Result>(
  schema: z.ZodType<Result>,
  result: unknown,
  success: (result: Result) => OutcomeCommand,
  failure: (reason: string) => OutcomeCommand,
): OutcomeCommand {
  const parsed = schema.safeParse(result);
  return parsed.success ? success(parsed.data) : failure(`result refused: ${describeIssues(parsed.error)}`);
}
