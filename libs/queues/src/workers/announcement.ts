/**
 * What a live worker says of itself, every two seconds. Whoever reads it may be of another release: fields that it does not
 * know are left aside.
 */
import { baseModelName, computeDevice, resourceName, trainerLabel, weightForm } from '@fedamole/federation';
import { z } from 'zod';
import { trainingProgress } from '../jobs.js';

const runningJob = z.object({
  id: z.string(),
  /** Since the worker took it, by the worker's own clock. */
  seconds: z.number().min(0),
  /** Null where it has said nothing yet, and of an aggregator's jobs. */
  progress: trainingProgress.nullable(),
});
export type RunningJob = z.infer<typeof runningJob>;

/** What decides which jobs a trainer may be given, and what people want to know of it. */
export const trainerAbilities = z.object({
  /** The queue that it takes jobs from is `training.<pool>`. */
  pool: resourceName,
  /** Those whose data it reaches, by name. */
  clients: z.array(resourceName),
  labels: z.array(trainerLabel),
  device: computeDevice,
  /** Of the machine, or what its container may use; null where it computes on a device with memory of its own. */
  memoryBytes: z.int().min(0).nullable(),
  threads: z.int().min(1),
  /** In which it can hold frozen weights. */
  weightForms: z.array(weightForm),
  /** Those below its models root now. */
  baseModels: z.array(baseModelName),
});
export type TrainerAbilities = z.infer<typeof trainerAbilities>;

const header = {
  host: z.string(),
  version: z.string(),
  /** By the worker's own clock. */
  uptimeSeconds: z.number().min(0),
  jobs: z.array(runningJob),
};

export const announcement = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('trainer'), ...header, abilities: trainerAbilities }),
  z.object({ kind: z.literal('aggregator'), ...header }),
]);
export type Announcement = z.infer<typeof announcement>;

/** What lies in the queue: an announcement, and a number that is another one each time. */
export const lifeSign = z.object({ beat: z.int(), announcement });
export type LifeSign = z.infer<typeof lifeSign>;

/** A worker that shows signs of life. */
export type LiveWorker = Announcement & { readonly id: string };
export type LiveTrainer = Extract<LiveWorker, { kind: 'trainer' }>;

/** No job is ever taken from it: each record in it is a worker's, under its identifier. */
export const workersQueueName = 'workers';
