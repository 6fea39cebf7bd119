/** Turns finished jobs into commands. A job's identifier says what it was for; its result is validated here. */
import type { OutcomeCommand } from '@fedamole/federation';
import { aggregationResult, baselineResult, trainingResult } from '@fedamole/federation';
import type { FinishedJob } from '@fedamole/queues';
import { describeIssues } from '@fedamole/queues';
import type { z } from 'zod';

export interface Outcome {
  readonly federationId: string;
  readonly command: OutcomeCommand;
}

/** Null for a job that the platform did not make: its identifier is not `<federation>.<round>.<client>.<attempt>`. */
export function outcomeOf(queue: 'training' | 'aggregation', job: FinishedJob): Outcome | null {
  const match = /^([^.]+)\.(\d+)\.([^.]+)\.(\d+)$/.exec(job.id);
  const [, federationId, number, client] = match ?? [];
  if (federationId === undefined || number === undefined || client === undefined) return null;
  const round = Number(number);
  const command = queue === 'training' ? trainingOutcome(job, round, client) : aggregationOutcome(job, round);
  return { federationId, command };
}

/** The command that ends a job's part in a federation where its result was refused. */
export function refusedOutcome({ command }: Outcome, reason: string): OutcomeCommand {
  switch (command.type) {
    case 'RecordBaseline':
      return { type: 'RecordClientFailure', round: 0, client: command.client, reason };
    case 'RecordTraining':
    case 'RecordClientFailure':
      return { type: 'RecordClientFailure', round: command.round, client: command.client, reason };
    case 'RecordAggregation':
    case 'RecordAggregationFailure':
      return { type: 'RecordAggregationFailure', round: command.round, reason };
  }
}

function trainingOutcome(job: FinishedJob, round: number, client: string): OutcomeCommand {
  const failure = (reason: string): OutcomeCommand => ({ type: 'RecordClientFailure', round, client, reason });
  if (job.state === 'failed') return failure(job.reason);
  return round === 0
    ? validated(baselineResult, job.result, (result) => ({ type: 'RecordBaseline', client, result }), failure)
    : validated(trainingResult, job.result, (result) => ({ type: 'RecordTraining', round, client, result }), failure);
}

function aggregationOutcome(job: FinishedJob, round: number): OutcomeCommand {
  const failure = (reason: string): OutcomeCommand => ({ type: 'RecordAggregationFailure', round, reason });
  if (job.state === 'failed') return failure(job.reason);
  return validated(aggregationResult, job.result, (result) => ({ type: 'RecordAggregation', round, result }), failure);
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
