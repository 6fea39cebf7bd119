/** A round's optimiser steps at one client; order of examples and dropout follow from seed, round and client name alone. */
import type { Parameters } from '@fedamole/mole';
import type { TrainingJob } from '@fedamole/queues';
import { seededRandom } from '@fedamole/seeded-random';
import { lengthBucketedBatches, meanLoss, shuffledBatches, trainLocally, type Engine } from '@fedamole/training';
import type { Checkpoint, Trained } from './checkpoint-file.js';
import type { ClientSplits } from './client-data.js';
import { HandedBackError, type Ending } from './ending.js';
import type { JobCheckpoints } from './job-checkpoints.js';
import type { Report } from './progress.js';

export type TrainJob = Extract<TrainingJob, { kind: 'train' }>;

export interface Workbench {
  readonly engine: Engine;
  readonly splits: ClientSplits;
  readonly padTokenId: number;
  readonly report: Report;
  readonly ending: Ending;
  readonly checkpoints: JobCheckpoints;
}

type Start = Extract<Checkpoint, { stage: 'training' }>;

/**
 * Trains in place, from a checkpoint where there is one. `seconds` are those of the steps: validation in between does not count.
 * Where the trainer was told to stop and the steps that are left would take too long, it keeps a checkpoint and throws.
 */
export async function trainSteps(
  { configuration, round, client }: TrainJob,
  { engine, splits, padTokenId, report, ending, checkpoints }: Workbench,
  parameters: Parameters,
  start: Start | null,
): Promise<Trained> {
  const { seed, stepsPerRound: steps, batchSize, learningRate, learningRateDecay, earlyStopping } = configuration;
  let validating = 0;
  let tokens = start?.state.totals.tokens ?? 0;
  const before = start?.state.step ?? 0;
  let step = before;
  let loss: number | null = null;
  const started = performance.now() - (start?.seconds ?? 0) * 1000;
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
    from: start?.state ?? null,
  };
  const examples = splits.train.map((example, index) => ({ ...example, name: `train[${index}]` }));
  const batches = configuration.groupByLength ? lengthBucketedBatches : shuffledBatches;
  const nextBatch = batches(examples, batchSize, seededRandom(seed, round, client, 'order'));
  let here: (() => Checkpoint) | null = null;
  try {
    const trained = await trainLocally(engine, parameters, nextBatch, settings, async (taken, state) => {
      tokens += taken.tokens;
      ({ step, loss } = taken);
      here = () => ({ stage: 'training', state: state(), seconds: seconds() });
      say();
      ending.require(((steps - step) * (seconds() - (start?.seconds ?? 0))) / (step - before));
      await checkpoints.keepIfDue(here);
    });
    return { ...trained, seconds: seconds() };
  } catch (error) {
    if (error instanceof HandedBackError && here !== null) await checkpoints.keep(here);
    throw error;
  }
}
