/** A round's optimiser steps at one client; order of examples and dropout follow from seed, round and client name alone. */
import type { Parameters } from '@fedamole/mole';
import type { TrainingJob } from '@fedamole/queues';
import { seededRandom } from '@fedamole/seeded-random';
import {
  lengthBucketedBatches,
  meanLoss,
  shuffledBatches,
  trainLocally,
  type Engine,
  type LocalTrainingReport,
} from '@fedamole/training';
import type { ClientSplits } from './client-data.js';
import type { Report } from './progress.js';

export type TrainJob = Extract<TrainingJob, { kind: 'train' }>;

interface Workbench {
  readonly engine: Engine;
  readonly splits: ClientSplits;
  readonly padTokenId: number;
  readonly report: Report;
}

/** Trains in place. `seconds` are those of the steps: validation in between does not count. */
export async function trainSteps(
  { configuration, round, client }: TrainJob,
  { engine, splits, padTokenId, report }: Workbench,
  parameters: Parameters,
): Promise<LocalTrainingReport & { readonly seconds: number }> {
  const { seed, stepsPerRound: steps, batchSize, learningRate, learningRateDecay, earlyStopping } = configuration;
  let validating = 0;
  let tokens = 0;
  let step = 0;
  let loss: number | null = null;
  const started = performance.now();
  const seconds = (): number => (performance.now() - started - validating) / 1000;
  const say = (): void =>
    report({ phase: 'training', step, steps, loss, tokensPerSecond: tokens === 0 ? null : tokens / seconds() });
  const validationLoss = async (): Promise<number> => {
    const began = performance.now();
    const mean = await meanLoss(engine, parameters, splits.validation, padTokenId, say);
    validating += performance.now() - began;
    return mean;
  };
  const settings = {
    steps,
    learningRate: learningRate * learningRateDecay ** (round - 1),
    warmupSteps: configuration.warmupSteps,
    schedule: configuration.learningRateSchedule,
    weightDecay: configuration.weightDecay,
    accumulationSteps: configuration.gradientAccumulationSteps,
    maxGradientNorm: configuration.maxGradientNorm,
    earlyStopping: earlyStopping === null ? null : { ...earlyStopping, validationLoss },
    padTokenId,
    randomDropout: seededRandom(seed, round, client, 'dropout'),
  };
  const examples = splits.train.map((example, index) => ({ ...example, name: `train[${index}]` }));
  const batches = configuration.groupByLength ? lengthBucketedBatches : shuffledBatches;
  const nextBatch = batches(examples, batchSize, seededRandom(seed, round, client, 'order'));
  const trained = await trainLocally(engine, parameters, nextBatch, settings, (taken) => {
    tokens += taken.tokens;
    ({ step, loss } = taken);
    say();
  });
  return { ...trained, seconds: seconds() };
}
