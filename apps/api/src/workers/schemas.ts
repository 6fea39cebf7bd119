import { resourceName } from '@fedamole/federation';
import { trainerAbilities } from '@fedamole/queues';
import { z } from 'zod';
import { clientProgress } from '../federations/progress-schemas.js';

const { pool, clients, labels, device, memoryBytes, threads, weightForms, baseModels } = trainerAbilities.shape;

const workerJob = z.strictObject({
  id: z.string().describe('`<federation>.<round>.<client>.<attempt>`, or of a replay `<federation>.<round>`.'),
  federation: z.string(),
  round: z.int(),
  client: resourceName.nullable().describe("Null of an aggregator's job."),
  since: z.iso.datetime().describe('When the worker took it.'),
  phase: clientProgress.shape.phase,
  step: z.int(),
  steps: z.int(),
  tokensPerSecond: z.number().nullable().describe('Of its training steps; null while it takes none.'),
});
export type WorkerJob = z.infer<typeof workerJob>;

export const workerResource = z
  .strictObject({
    id: z.string().describe('`<kind>.<host>.<eight digits>`, another one after every start.'),
    kind: z.enum(['trainer', 'aggregator']),
    host: z.string(),
    version: z.string(),
    startedAt: z.iso.datetime(),
    jobs: z.array(workerJob).describe('What it runs now.'),
    trainer: z
      .strictObject({
        pool: pool.describe('It takes jobs from the queue `training.<pool>`.'),
        clients: clients.describe('Those whose data it reaches.'),
        labels: labels.describe('As its setting TRAINER_LABELS has them.'),
        device: device.describe('What it computes on; also the label `device=<device>`.'),
        memoryBytes: memoryBytes.describe('What it may use; null where the device has memory of its own.'),
        threads,
        weightForms: weightForms.describe('In which it can hold frozen weights.'),
        baseModels: baseModels.describe('Those that it has now.'),
      })
      .meta({ title: 'TrainerAbilities' })
      .nullable()
      .describe('Null of an aggregator.'),
    problems: z
      .array(z.string())
      .describe('How it differs from the other trainers of its pool, which all have to be alike.'),
  })
  .meta({ title: 'Worker' });
export type WorkerResource = z.infer<typeof workerResource>;

export const workerList = z
  .strictObject({
    workers: z.array(workerResource).describe('Those that showed a sign of life within six seconds, by identifier.'),
    current: z
      .boolean()
      .describe(
        'False while the queue cannot be read: the workers are those that were seen last, and none of them has gone for that.',
      ),
  })
  .meta({ title: 'WorkerList' });
export type WorkerList = z.infer<typeof workerList>;
