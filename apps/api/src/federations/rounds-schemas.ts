import { baselineResult, digest, expertAssignment, resourceName, trainingResult } from '@fedamole/federation';
import { z } from 'zod';

export const roundResource = z.strictObject({
  round: z.int().describe('0 measures the base model and draws the first pool.'),
  state: z.enum(['running', 'completed', 'failed', 'cancelled']),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().nullable(),
  clients: z
    .array(
      z.strictObject({
        client: resourceName,
        baseline: baselineResult.nullable().describe('In round 0.'),
        result: trainingResult.nullable().describe('In later rounds: measured after training, before merging.'),
        failure: z.string().nullable(),
      }),
    )
    .describe('By name.'),
  aggregated: z
    .strictObject({ pool: digest, poolBytes: z.int(), seconds: z.number() })
    .nullable()
    .describe('The pool of experts after the round.'),
});
export type RoundResource = z.infer<typeof roundResource>;

export const roundList = z.strictObject({ rounds: z.array(roundResource) });
export type RoundList = z.infer<typeof roundList>;

export const assignmentResource = z.strictObject({
  round: z.int(),
  scores: digest.describe('Artifact with the scores that decided it.'),
  assignment: expertAssignment.describe('For each client the experts that it holds of every module.'),
});
export type AssignmentResource = z.infer<typeof assignmentResource>;

export const adapterList = z.strictObject({
  adapters: z
    .array(z.strictObject({ client: resourceName, round: z.int(), digest, bytes: z.int() }))
    .describe('By client.'),
});
export type AdapterList = z.infer<typeof adapterList>;
export type AdapterResource = AdapterList['adapters'][number];
