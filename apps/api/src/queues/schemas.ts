import { resourceName } from '@fedamole/federation';
import { z } from 'zod';

export const queueResource = z
  .strictObject({
    name: z.string().describe('`training.<pool>`, `aggregation`, or `replay`.'),
    pool: resourceName.nullable().describe('Of trainers; null where it is no queue of theirs.'),
    workers: z.int().describe('Live ones that take jobs from it.'),
    jobs: z
      .strictObject({
        waiting: z.int(),
        delayed: z.int().describe('They wait for another trial, or for storage.'),
        running: z.int(),
        completed: z.int().describe('To be recorded; of replays, also those that were looked at.'),
        failed: z.int().describe('Likewise.'),
      })
      .describe('How many, by state.'),
    oldestAgeSeconds: z.number().nullable().describe('Of the job that has waited longest; null where none waits.'),
  })
  .meta({ title: 'Queue' });
export type QueueResource = z.infer<typeof queueResource>;

export const parkedJob = z
  .strictObject({
    federation: z.string(),
    federationName: z.string(),
    round: z.int(),
    client: resourceName,
    attempt: z.int(),
    error: z.string(),
    failedAt: z.iso.datetime(),
    retry: z.string().describe('POST there gives it another attempt.'),
  })
  .meta({ title: 'ParkedJob' });
export type ParkedJob = z.infer<typeof parkedJob>;

export const queueList = z
  .strictObject({
    queues: z.array(queueResource).describe('By name; none for a site.'),
    parked: z
      .array(parkedJob)
      .describe('Jobs of clients that failed for good in a round that is still open, the newest first.'),
  })
  .meta({ title: 'QueueList' });
export type QueueList = z.infer<typeof queueList>;
