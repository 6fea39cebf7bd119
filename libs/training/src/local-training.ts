/** A client's local training of one round: some optimiser steps with a fresh Adam on its own examples. */
import { shuffled } from '@fedamole/seeded-random';
import type { Parameters } from '@fedamole/mole';
import { Adam } from './adam.js';
import { makeBatch, type Sequence } from './batch.js';
import type { Engine } from './engine.js';

export interface LocalTrainingSettings {
  readonly steps: number;
  readonly learningRate: number;
  readonly padTokenId: number;
  /** Uniform numbers in [0, 1) that seed the dropout masks. */
  readonly randomDropout: () => number;
}

export interface LocalTrainingReport {
  /** Means over the steps. */
  readonly loss: number;
  readonly balance: number;
  /** Tokens that went through forward and backward. */
  readonly tokens: number;
}

export interface StepReport {
  /** From 1. */
  readonly step: number;
  readonly loss: number;
  readonly balance: number;
  readonly tokens: number;
}

/** Thrown where a step's loss, or a trained parameter, is not a finite number. */
export class DivergedError extends Error {
  override readonly name = 'DivergedError';
}

/**
 * Trains `parameters` in place on one batch a step, as `nextBatch` gives them. `onStep` is awaited after each step, and may
 * throw to stop.
 */
export async function trainLocally(
  engine: Engine,
  parameters: Parameters,
  nextBatch: () => readonly Sequence[],
  settings: LocalTrainingSettings,
  onStep: (report: StepReport) => void | Promise<void> = () => undefined,
): Promise<LocalTrainingReport> {
  const optimizer = new Adam({ learningRate: settings.learningRate });
  const seed = (): number => Math.floor(settings.randomDropout() * 0xffff_ffff) + 1;
  const totals = { loss: 0, balance: 0, tokens: 0 };
  for (let step = 1; step <= settings.steps; step += 1) {
    const batch = makeBatch(nextBatch(), settings.padTokenId);
    const { loss, balance, gradients } = await engine.trainingStep(parameters, batch, seed);
    if (!Number.isFinite(loss)) throw new DivergedError(`step ${step} of ${settings.steps}: the loss is ${loss}`);
    optimizer.update(parameters, gradients);
    totals.loss += loss;
    totals.balance += balance;
    totals.tokens += batch.tokenCount;
    await onStep({ step, loss, balance, tokens: batch.tokenCount });
  }
  requireFinite(parameters, settings.steps);
  return { loss: totals.loss / settings.steps, balance: totals.balance / settings.steps, tokens: totals.tokens };
}

/** No later loss shows what the last step did. */
function requireFinite(parameters: Parameters, steps: number): void {
  for (const [name, { values }] of parameters) {
    const index = values.findIndex((value) => !Number.isFinite(value));
    if (index < 0) continue;
    throw new DivergedError(
      `after step ${steps} of ${steps}: parameter ${name} holds ${values[index]} at element ${index}`,
    );
  }
}

/** Batches of `size` examples drawn without replacement, shuffled anew whenever all were seen. */
export function shuffledBatches(examples: readonly Sequence[], size: number, random: () => number): () => Sequence[] {
  if (examples.length === 0) throw new Error('there is no example to train on');
  let queue: Sequence[] = [];
  const draw = (): Sequence => {
    if (queue.length === 0) queue = shuffled(examples, random);
    return queue.pop() as Sequence;
  };
  return () => Array.from({ length: size }, draw);
}
