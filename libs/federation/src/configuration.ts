/**
 * A federation's configuration: every number of the method (FedAMoLE, arXiv 2411.19128) that an operator may choose,
 * with the paper's defaults. It is validated once, where it enters, and carried unchanged by events and jobs.
 */
import { z } from 'zod';
import { placementOptions } from './placement-options.js';
import { roundOptions } from './round-options.js';
import { trainingOptions } from './training-options.js';
import { weightForm } from './weight-form.js';

/** Names go into job ids (`<federation>.<round>.<client>.<attempt>`) and file names, so neither `.` nor `:` nor `/`. */
export const resourceName = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9_-]{0,99}$/,
    'use 1 to 100 lower-case letters, digits, "-" or "_", starting with a letter or digit',
  );

/** A base model's folder below the models root, such as `Llama-3.2-1B`: no `/`, and it cannot begin with a dot. */
export const baseModelName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/,
    'use 1 to 100 letters, digits, ".", "-" or "_", starting with a letter or digit',
  );

/** SHA-256 of an artifact or a base model's folder, as 64 lower-case hexadecimal digits. */
export const digest = z.string().regex(/^[0-9a-f]{64}$/, 'use a SHA-256 digest: 64 lower-case hexadecimal digits');

export const assignmentStrategy = z.enum(['reverse-selection', 'random', 'static']);
export type AssignmentStrategy = z.infer<typeof assignmentStrategy>;

const methodConfiguration = z.strictObject({
  strategy: z.literal('fedamole').default('fedamole').describe('The federated fine-tuning method.'),
  rounds: z.int().min(1).max(10_000).default(30).describe('Rounds of local training and aggregation (R).'),
  stepsPerRound: z.int().min(1).max(1_000_000).default(200).describe('Optimiser steps of a client per round (S).'),
  batchSize: z.int().min(1).max(1024).default(1).describe('Examples per batch.'),
  learningRate: z
    .number()
    .positive()
    .max(1)
    .default(5e-5)
    .describe('Learning rate of round 1 at its highest; Adam, betas 0.9 and 0.999.'),
  learningRateDecay: z
    .number()
    .positive()
    .max(1)
    .default(0.99)
    .describe('Factor on the learning rate from round to round.'),
  rank: z.int().min(1).max(1024).default(8).describe('LoRA rank r of every expert.'),
  alpha: z.number().positive().max(10_000).default(16).describe('LoRA alpha; an expert is scaled by alpha / rank.'),
  dropout: z.number().min(0).lt(1).default(0.05).describe("Dropout on the experts' input while training."),
  balanceWeight: z.number().min(0).max(100).default(0.001).describe('Weight of the load-balancing loss (lambda).'),
  experts: z.int().min(1).max(100_000).optional().describe('Domain experts per module (E); 6 C / k when left out.'),
  expertChoices: z.int().min(1).max(10_000).default(2).describe('Clients that each domain expert picks (k).'),
  minExperts: z.int().min(1).max(10_000).default(2).describe('Least domain experts a client holds per module (b_min).'),
  maxExperts: z.int().min(1).max(10_000).default(8).describe('Most domain experts a client holds per module (b_max).'),
  topK: z.int().min(1).max(10_000).default(2).describe('Domain experts that a token is routed to (t).'),
  assignment: assignmentStrategy
    .default('reverse-selection')
    .describe('How experts are assigned after each round: by reverse selection, at random, or never again.'),
  homogeneous: z.boolean().default(false).describe('Give every client exactly E k / C experts per module.'),
  mergeWeighting: z
    .enum(['uniform', 'examples'])
    .default('uniform')
    .describe('Plain means over the clients, or means weighted by their training examples.'),
  maxLength: z
    .int()
    .min(16)
    .max(1_048_576)
    .default(1024)
    .describe("Longest example in tokens; at most the model's positions."),
  maxNewTokens: z
    .int()
    .min(1)
    .max(4096)
    .default(128)
    .describe('Longest generated answer in tokens, when ROUGE-L is measured.'),
  seed: z
    .int()
    .min(0)
    .max(0xffff_ffff)
    .default(0)
    .describe('Every random draw derives from it, the round and the client name.'),
});

export const federationConfiguration = methodConfiguration
  .extend(trainingOptions)
  .extend(roundOptions)
  .extend(placementOptions)
  .meta({ title: 'FederationConfiguration' });

/** As events and jobs carry it: all defaults filled in, `experts` too. Earlier ones lack training, round and placement options. */
export const resolvedConfiguration = methodConfiguration
  .required()
  .extend(trainingOptions)
  .extend(roundOptions)
  .extend(placementOptions)
  .meta({ title: 'ResolvedConfiguration' });
export type FederationConfiguration = z.infer<typeof resolvedConfiguration>;

/** As training jobs carry it: the form of the frozen weights is known, whoever chose it. */
export const trainingConfiguration = resolvedConfiguration.extend({ weights: weightForm.default('float32') });
export type TrainingConfiguration = z.infer<typeof trainingConfiguration>;

export type FederationConfigurationInput = z.input<typeof federationConfiguration>;

/**
 * Fills in the number of domain experts where it was left out: the paper's ratio of 6 C / k per module, rounded.
 */
export function resolveConfiguration(
  configuration: z.infer<typeof federationConfiguration>,
  clientCount: number,
): FederationConfiguration {
  const experts = configuration.experts ?? Math.max(1, Math.round((6 * clientCount) / configuration.expertChoices));
  return { ...configuration, experts };
}

/**
 * What a fork changes of its parent's configuration: any of its fields, of which none is filled in. A default would be a
 * change.
 */
export const configurationChanges = z
  .strictObject(withoutDefaults(federationConfiguration.shape))
  .meta({ title: 'ConfigurationChanges' });

type WithoutDefault<Field> =
  Field extends z.ZodDefault<infer Inner> ? z.ZodOptional<Inner> : z.ZodOptional<Field & z.core.SomeType>;

function withoutDefaults<Shape extends z.ZodRawShape>(
  shape: Shape,
): { [Name in keyof Shape]: WithoutDefault<Shape[Name]> } {
  const fields = Object.entries(shape).map(([name, field]) => {
    const plain = field instanceof z.ZodDefault ? field.unwrap() : field;
    return [name, z.optional(plain)] as const;
  });
  return Object.fromEntries(fields) as { [Name in keyof Shape]: WithoutDefault<Shape[Name]> };
}
