import { resourceName } from '@fedamole/federation';
import { trainingProgress } from '@fedamole/queues';
import { z } from 'zod';
import { federationStatus } from './schemas.js';

const workState = z.enum(['waiting', 'running', 'done', 'failed']);
export type WorkState = z.infer<typeof workState>;

export const clientProgress = z
  .strictObject({
    client: resourceName,
    state: workState,
    phase: trainingProgress.shape.phase.nullable().describe('What its trainer is at; null while none is.'),
    step: z.int(),
    steps: z.int(),
    loss: z.number().nullable().describe('Nats per target token.'),
    tokensPerSecond: z.number().nullable(),
    unplaced: z
      .string()
      .nullable()
      .describe('Why no live trainer can run its job; null where one can. The job starts as soon as one appears.'),
  })
  .meta({ title: 'ClientProgress' });
export type ClientProgress = z.infer<typeof clientProgress>;

export const progressResource = z
  .strictObject({
    status: federationStatus,
    round: z.int(),
    rounds: z.int(),
    clients: z.array(clientProgress).describe("The round's participants, by name."),
    aggregation: workState.describe("Of the current round: the first pool's drawing, or the merge and assignment."),
  })
  .meta({ title: 'Progress' });
export type ProgressResource = z.infer<typeof progressResource>;
