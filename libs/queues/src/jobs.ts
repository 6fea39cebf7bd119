/**
 * Payloads, results and progress of the two kinds of queues. Both ends validate: a payload where a worker takes it, a
 * result where the round process records it.
 */
import {
  adaptedModule,
  baseModelReference,
  digest,
  expertAssignment,
  heldExperts,
  resolvedConfiguration,
  resourceName,
  trainingConfiguration,
} from '@fedamole/federation';
import { z } from 'zod';

const jobHeader = {
  federationId: resourceName,
  round: z.int().min(0),
  attempt: z.int().min(1),
  configuration: resolvedConfiguration,
  /** The span that added it, where there are traces: nothing is decided by it. */
  traceparent: z.string().max(200).optional(),
};

/** For a trainer: measure the base model as it comes (round 0), or train one client for one round. */
export const trainingJob = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('measure-baseline'),
    ...jobHeader,
    client: resourceName,
    baseModel: baseModelReference,
  }),
  z.strictObject({
    kind: z.literal('train'),
    ...jobHeader,
    configuration: trainingConfiguration,
    client: resourceName,
    baseModel: baseModelReference,
    pool: digest,
    held: heldExperts,
    /** The last round computes no embeddings: nothing is assigned after it. */
    lastRound: z.boolean(),
  }),
]);
export type TrainingJob = z.infer<typeof trainingJob>;

/**
 * Where the next assignment's embeddings come from when not everybody took part in the round: of each participant of the next
 * round (null: its scores are drawn), and of experts that nobody trained, those of earlier rounds.
 */
const embeddingSources = z.strictObject({
  participants: z.array(z.strictObject({ client: resourceName, embeddings: digest.nullable() })).min(1),
  earlier: z.array(
    z.strictObject({
      client: resourceName,
      embeddings: digest,
      trainExamples: z.int().min(0),
      /** What it held then, and which of these experts are taken. */
      held: heldExperts,
      experts: heldExperts,
    }),
  ),
});

/** For the aggregator: draw the first pool and assignment (round 0), or merge a round and assign the next. */
export const aggregationJob = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('initialise'),
    ...jobHeader,
    baseModel: baseModelReference,
    modules: z.array(adaptedModule).min(1),
    clients: z.array(resourceName).min(1),
  }),
  z.strictObject({
    kind: z.literal('aggregate'),
    ...jobHeader,
    baseModel: baseModelReference,
    modules: z.array(adaptedModule).min(1),
    /** The pool that this round's clients started from: an expert that nobody trained keeps its value. */
    pool: digest,
    assignment: expertAssignment,
    results: z
      .array(
        z.strictObject({
          client: resourceName,
          adapter: digest,
          embeddings: digest.nullable(),
          trainExamples: z.int().min(0),
        }),
      )
      .min(1),
    /** Null where everybody answered and goes on. */
    nextRound: embeddingSources.nullable().default(null),
    lastRound: z.boolean(),
  }),
]);
export type AggregationJob = z.infer<typeof aggregationJob>;

/** What a running training job last said of itself. Only for people to watch: nothing is decided by it. What else is kept with it is left out. */
export const trainingProgress = z.object({
  phase: z.enum(['loading', 'comparing', 'training', 'evaluating', 'generating', 'embedding']),
  step: z.int().min(0),
  steps: z.int().min(0),
  loss: z.number().nullable(),
  tokensPerSecond: z.number().min(0).nullable(),
});
export type TrainingProgress = z.infer<typeof trainingProgress>;
