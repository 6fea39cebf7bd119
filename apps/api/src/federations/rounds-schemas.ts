import { baselineResult, digest, resourceName, trainingResult } from '@fedamole/federation';
import { z } from 'zod';

export const roundResource = z
  .strictObject({
    round: z.int().describe('0 measures the base model and draws the first pool.'),
    state: z.enum(['running', 'paused', 'completed', 'failed', 'cancelled']),
    startedAt: z.iso.datetime(),
    finishedAt: z.iso.datetime().nullable(),
    clients: z
      .array(
        z
          .strictObject({
            client: resourceName,
            baseline: baselineResult.nullable().describe('In round 0.'),
            result: trainingResult.nullable().describe('In later rounds: measured after training, before merging.'),
            failure: z
              .string()
              .nullable()
              .describe(
                'Why it has no result: a failure for good, a refused contribution, or no answer by the deadline.',
              ),
            attempt: z.int().describe('How often it was asked: more than once where it was retried.'),
            late: z
              .union([trainingResult, baselineResult])
              .nullable()
              .describe('What came after the round had closed: kept, never merged.'),
          })
          .meta({ title: 'ClientRound' }),
      )
      .describe('Its participants, by name.'),
    closed: z
      .strictObject({
        answered: z.array(resourceName).describe('Whose answers the round takes.'),
        missing: z.array(z.strictObject({ client: resourceName, reason: z.string() })),
        cause: z.enum(['all-answered', 'deadline']),
        next: z.array(resourceName).nullable().describe('Who takes part in the next round; null after the last.'),
        minExperts: z.int().describe('Least domain experts a client holds per module in the next round.'),
      })
      .meta({ title: 'RoundClosing' })
      .nullable()
      .describe('Null while clients are waited for, and in rounds of earlier versions.'),
    aggregated: z
      .strictObject({ pool: digest, poolBytes: z.int(), seconds: z.number() })
      .meta({ title: 'MergedPool' })
      .nullable()
      .describe('The pool of experts after the round.'),
  })
  .meta({ title: 'Round' });
export type RoundResource = z.infer<typeof roundResource>;

export const roundList = z.strictObject({ rounds: z.array(roundResource) }).meta({ title: 'RoundList' });
export type RoundList = z.infer<typeof roundList>;
