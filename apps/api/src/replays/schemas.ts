import { digest } from '@fedamole/federation';
import { z } from 'zod';

const comparison = z
  .strictObject({ recorded: digest, recomputed: digest, equal: z.boolean() })
  .meta({ title: 'ArtifactComparison' });

export const replayResource = z
  .strictObject({
    round: z.int(),
    state: z.enum(['waiting', 'running', 'completed', 'failed']),
    equal: z.boolean().nullable().describe('Whether all of it is as it was recorded; null until it is completed.'),
    pool: comparison.nullable().describe('The pool of experts after the round.'),
    scores: comparison.nullable().describe('What decided the next assignment; null also after the last round.'),
    assignment: z
      .strictObject({ equal: z.boolean() })
      .meta({ title: 'AssignmentComparison' })
      .nullable()
      .describe('Who holds what in the next round; null also after the last round.'),
    reason: z.string().nullable().describe('Why it failed.'),
  })
  .meta({ title: 'Replay' });
export type ReplayResource = z.infer<typeof replayResource>;
