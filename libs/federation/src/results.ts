/**
 * What workers report: artifact digests and numbers, never tensors and never data. Events carry these shapes unchanged.
 */
import { z } from 'zod';
import { baseModelName, digest, resourceName } from './configuration.js';
import { weightForm } from './weight-form.js';

/** The base model that a federation adapts: a folder under the models root, by name and digest of its contents. */
export const baseModelReference = z
  .strictObject({
    name: baseModelName,
    digest,
    manifest: digest
      .optional()
      .describe('Where trainers fetch it from that have no such folder; absent where nowhere.'),
  })
  .meta({ title: 'BaseModelReference' });
export type BaseModelReference = z.infer<typeof baseModelReference>;

/** An adapted linear layer: its weight is [outputWidth, inputWidth]. */
export const adaptedModule = z
  .strictObject({
    name: z.string().min(1),
    inputWidth: z.int().positive(),
    outputWidth: z.int().positive(),
  })
  .meta({ title: 'AdaptedModule' });
export type AdaptedModule = z.infer<typeof adaptedModule>;

/** Expert indices that one client holds, ascending, per module. */
export const heldExperts = z.record(z.string(), z.array(z.int().min(0)));
export type HeldExperts = z.infer<typeof heldExperts>;

/** Who holds what: for each client the experts that it holds of every module. */
export const expertAssignment = z.record(resourceName, heldExperts);
export type ExpertAssignment = z.infer<typeof expertAssignment>;

/** What a client's steps were computed on; adapters are equal bit by bit on one device only (docs/devices.md). */
export const computeDevice = z.enum(['cpu', 'webgpu', 'cuda']);
export type ComputeDevice = z.infer<typeof computeDevice>;

/** Examples of each split that a client really uses. */
export const splitSizes = z
  .strictObject({
    train: z.int().min(0),
    embedding: z.int().min(0),
    validation: z.int().min(0),
    test: z.int().min(0),
  })
  .meta({ title: 'SplitSizes' });
export type SplitSizes = z.infer<typeof splitSizes>;

/** Of some numbers of tokens. */
const spread = z.strictObject({ least: z.int(), median: z.int(), most: z.int() }).meta({ title: 'LengthSpread' });

/** How long the examples of a client are, all splits together, in tokens. */
export const exampleLengths = z
  .strictObject({
    prompt: spread,
    answer: spread.describe('With the token that ends it; what exceeds the longest example is cut off.'),
    leftOut: z.int().min(0).describe('Examples that are not used, as their prompts alone are too long.'),
  })
  .meta({ title: 'ExampleLengths' });
export type ExampleLengths = z.infer<typeof exampleLengths>;

/**
 * Losses are mean cross-entropies per target token in nats. What was recorded before perplexity and choice accuracy were
 * measured lacks them.
 */
export const evaluationMetrics = z
  .strictObject({
    validationLoss: z.number(),
    perplexity: z
      .number()
      .min(0)
      .nullable()
      .default(null)
      .describe('Exponential of the validation loss; null where it was not measured, or no double holds it.'),
    testLoss: z.number(),
    rougeL: z
      .number()
      .min(0)
      .max(1)
      .nullable()
      .describe('Mean F1 of greedy answers over the test split; null where all test examples have choices.'),
    choiceAccuracy: z
      .number()
      .min(0)
      .max(1)
      .nullable()
      .default(null)
      .describe('Share of the test examples with choices whose answer has the lowest mean loss; null where none has.'),
  })
  .meta({ title: 'EvaluationMetrics' });
export type EvaluationMetrics = z.infer<typeof evaluationMetrics>;

/** How fast a client's trainer takes steps with the frozen weights in one form, and what the base model measures then. */
export const weightFormMeasurement = z
  .strictObject({
    form: weightForm,
    secondsPerStep: z.number().positive().describe('Median of a few training steps on a batch of typical length.'),
    metrics: evaluationMetrics
      .nullable()
      .describe('With untrained adapters; null where the form was not worth evaluating.'),
  })
  .meta({ title: 'WeightFormMeasurement' });
export type WeightFormMeasurement = z.infer<typeof weightFormMeasurement>;

/** Round 0: the base model as it comes, on a client's splits. */
export const baselineResult = z
  .strictObject({
    splits: splitSizes,
    /** Older results leave it out. */
    lengths: exampleLengths.optional(),
    metrics: evaluationMetrics,
    /** ROUGE-L of always giving the training split's most frequent answer, and how many distinct answers the test split has. */
    mostFrequentAnswerRougeL: z.number().min(0).max(1),
    distinctTestAnswers: z.int().min(1),
    weightForms: z
      .array(weightFormMeasurement)
      .nullable()
      .default(null)
      .describe('Float32 and the forms that it was compared with; null unless `weights` is "auto".'),
    /** The CPU where an older result leaves it out. */
    device: computeDevice.optional(),
    seconds: z.number().min(0),
  })
  .meta({ title: 'BaselineResult' });
export type BaselineResult = z.infer<typeof baselineResult>;

/** One client's local training of one round, measured after training and before merging. */
export const trainingResult = z
  .strictObject({
    adapter: digest,
    /** Mean token and expert embeddings; null in the last round, which assigns nothing any more. */
    embeddings: digest.nullable(),
    splits: splitSizes,
    metrics: evaluationMetrics,
    steps: z.int().positive(),
    /** Means over the round's steps: cross-entropy per target token, and the sum of the modules' balance losses. */
    trainLoss: z.number(),
    balanceLoss: z.number(),
    /** Tokens that went through forward and backward, and how long that took. */
    trainTokens: z.int().positive(),
    trainSeconds: z.number().min(0),
    /** The CPU where an older result leaves it out. */
    device: computeDevice.optional(),
    /** The whole job: loading, training, evaluation, embeddings, upload. */
    seconds: z.number().min(0),
    adapterBytes: z.int().positive(),
  })
  .meta({ title: 'TrainingResult' });
export type TrainingResult = z.infer<typeof trainingResult>;

/** The merged pool after a round, and the next round's assignment (null after the last round). */
export const aggregationResult = z.strictObject({
  pool: digest,
  next: z.strictObject({ assignment: expertAssignment, scores: digest }).nullable(),
  poolBytes: z.int().positive(),
  seconds: z.number().min(0),
});
export type AggregationResult = z.infer<typeof aggregationResult>;

/** A client's artifact that the aggregator will not merge, and why. */
export const refusedContribution = z.strictObject({
  client: resourceName,
  artifact: digest,
  reason: z.string().min(1).max(2000),
});
export type RefusedContribution = z.infer<typeof refusedContribution>;

/** What an aggregation came to: a merged round, or what has to be left out before it can be merged. */
export const aggregationOutcome = z.union([
  aggregationResult,
  z.strictObject({ refused: z.array(refusedContribution).min(1) }),
]);
export type AggregationOutcome = z.infer<typeof aggregationOutcome>;
