/** Gradient accumulation: one optimiser step over several batches that need not fit into memory together. */
import type { Parameters } from '@fedamole/mole';
import { makeBatch, type Batch, type Sequence } from './batch.js';
import type { Engine, TrainingStep } from './engine.js';
import { addGradients, scaleGradients, type Gradients } from './gradients.js';

export interface MicroBatch {
  readonly sequences: readonly Sequence[];
  readonly batch: Batch;
  /** Its part of the step's tokens. */
  readonly share: number;
  /** Seeds each module's dropout mask; the same however often it is asked. */
  readonly dropoutSeed: (module: string) => number;
}

/**
 * The micro-batches of one step, weighted so that the sum of share times gradient is the gradient of one batch of all their
 * examples: the loss is the mean over all targets. The balance loss, a product of two means over a micro-batch's tokens, is
 * the mean of the micro-batches' over all tokens.
 */
export function makeMicroBatches(
  groups: readonly (readonly Sequence[])[],
  padTokenId: number,
  dropoutSeeds: () => MicroBatch['dropoutSeed'],
): MicroBatch[] {
  const batches = groups.map((sequences) => makeBatch(sequences, padTokenId));
  const tokens = batches.reduce((sum, { tokenCount }) => sum + tokenCount, 0);
  const targets = batches.reduce((sum, { selected }) => sum + selected.length, 0);
  return batches.map((batch, index) => {
    const share = batch.tokenCount / tokens;
    return {
      sequences: groups[index] as readonly Sequence[],
      batch: { ...batch, targetWeight: 1 / (targets * share) },
      share,
      dropoutSeed: dropoutSeeds(),
    };
  });
}

/** Loss, balance loss and gradients of one step. */
export async function accumulatedStep(
  engine: Engine,
  parameters: Parameters,
  microBatches: readonly MicroBatch[],
): Promise<TrainingStep> {
  let loss = 0;
  let balance = 0;
  let gradients: Gradients | null = null;
  for (const { batch, share, dropoutSeed } of microBatches) {
    const step = await engine.trainingStep(parameters, batch, dropoutSeed);
    loss += share * step.loss;
    balance += share * step.balance;
    if (gradients === null) scaleGradients(step.gradients, share);
    else addGradients(gradients, step.gradients, share);
    gradients ??= step.gradients;
  }
  return { loss, balance, gradients: gradients ?? new Map() };
}
