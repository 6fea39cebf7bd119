/** A client's local training of one round: some optimiser steps with a fresh Adam on its own examples. */
import type { Parameters } from '@fedamole/mole';
import { accumulatedStep, makeMicroBatches, type MicroBatch } from './accumulation.js';
import { Adam } from './adam.js';
import type { Sequence } from './batch.js';
import { diagnose, type Origin } from './diagnosis.js';
import { DivergedError } from './diverged-error.js';
import { EarlyStopping, type BestEvaluation, type EarlyStoppingSettings } from './early-stopping.js';
import type { Engine } from './engine.js';
import { clipByGlobalNorm, globalNorm } from './gradients.js';
import { learningRateFactor, type LearningRateSchedule } from './learning-rate.js';
import { putValues, valuesOf, type TrainingState } from './training-state.js';

export interface LocalTrainingSettings {
  /** Optimiser steps. */
  readonly steps: number;
  /** At its highest. */
  readonly learningRate: number;
  readonly padTokenId: number;
  /** Uniform numbers in [0, 1) that seed the dropout masks. */
  readonly randomDropout: () => number;
  /** Steps on which the learning rate rises; none unless given. */
  readonly warmupSteps?: number;
  /** How it goes on after them; constant unless given. */
  readonly schedule?: LearningRateSchedule;
  /** Decoupled weight decay (AdamW); 0 unless given. */
  readonly weightDecay?: number;
  /** Batches a step; 1 unless given. */
  readonly accumulationSteps?: number;
  /** Gradients of a larger global norm are scaled down to it; unless given, none are. */
  readonly maxGradientNorm?: number | null;
  /** Unless given, every step is taken and the last parameters are kept. */
  readonly earlyStopping?: EarlyStoppingSettings | null;
  /** Goes on from there, with the same bits as a training that was never left; from the first step unless given. */
  readonly from?: TrainingState | null;
}

export interface LocalTrainingReport {
  /** Means over the steps. */
  readonly loss: number;
  readonly balance: number;
  /** Tokens that went through forward and backward. */
  readonly tokens: number;
  /** Steps that were taken. */
  readonly steps: number;
  /** The evaluation whose parameters were kept; null where none was made, and the last were kept. */
  readonly best: BestEvaluation | null;
}

export interface StepReport {
  /** From 1. */
  readonly step: number;
  readonly loss: number;
  readonly balance: number;
  readonly tokens: number;
  /** The step's learning rate, and the gradients' global norm before clipping. */
  readonly learningRate: number;
  readonly gradientNorm: number;
}

/**
 * Trains `parameters` in place, on the batches that `nextBatch` gives from the first on. `onStep` is awaited after each step, and
 * may throw to stop; what its `state` gives are views, whose contents hold until the next step. Throws a DivergedError where a
 * number is not finite any more.
 */
export async function trainLocally(
  engine: Engine,
  parameters: Parameters,
  nextBatch: () => readonly Sequence[],
  settings: LocalTrainingSettings,
  onStep: (report: StepReport, state: () => TrainingState) => void | Promise<void> = () => undefined,
): Promise<LocalTrainingReport> {
  const { steps, learningRate, padTokenId, warmupSteps = 0, schedule = 'constant', weightDecay = 0 } = settings;
  const { accumulationSteps = 1, maxGradientNorm = null, earlyStopping = null, from = null } = settings;
  const optimizer = new Adam({ learningRate, weightDecay });
  const stopping =
    earlyStopping === null
      ? null
      : new EarlyStopping(earlyStopping, parameters, steps, from?.earlyStopping ?? undefined);
  const dropoutSeeds = seedsOf(engine, settings.randomDropout);
  const totals = { loss: 0, balance: 0, tokens: 0, ...from?.totals, steps: from?.step ?? 0 };
  const state = (): TrainingState => {
    const { steps: step, ...sums } = totals;
    const earlyStopping = stopping?.state ?? null;
    return { step, totals: sums, parameters: valuesOf(parameters), moments: optimizer.moments, earlyStopping };
  };
  const nextGroups = (): (readonly Sequence[])[] => Array.from({ length: accumulationSteps }, nextBatch);
  let stopped = false;
  if (from !== null) {
    putValues(parameters, from.parameters);
    optimizer.restore(from.step, from.moments);
    for (let step = 1; step <= from.step; step += 1) nextGroups().forEach(dropoutSeeds);
    stopped = (await stopping?.after(from.step)) ?? false;
  }
  for (let step = totals.steps + 1; step <= steps && !stopped; step += 1) {
    const microBatches = makeMicroBatches(nextGroups(), padTokenId, dropoutSeeds);
    const { loss, balance, gradients } = await accumulatedStep(engine, parameters, microBatches);
    const gradientNorm = globalNorm(gradients);
    if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) {
      const symptom = Number.isFinite(loss) ? `the gradient's norm is ${gradientNorm}` : `the loss is ${loss}`;
      throw await diverged(engine, parameters, microBatches, { step, steps, symptom });
    }
    if (maxGradientNorm !== null) clipByGlobalNorm(gradients, gradientNorm, maxGradientNorm);
    const factor = learningRateFactor({ steps, warmupSteps, schedule }, step);
    optimizer.update(parameters, gradients, factor);
    const tokens = microBatches.reduce((sum, { batch }) => sum + batch.tokenCount, 0);
    totals.loss += loss;
    totals.balance += balance;
    totals.tokens += tokens;
    totals.steps = step;
    await onStep({ step, loss, balance, tokens, learningRate: learningRate * factor, gradientNorm }, state);
    stopped = (await stopping?.after(step)) ?? false;
  }
  requireFinite(parameters, totals.steps, steps);
  const best = stopping?.restore() ?? null;
  return { ...totals, loss: totals.loss / totals.steps, balance: totals.balance / totals.steps, best };
}

/** The dropout seeds of a batch: one a module, drawn in the modules' order. */
function seedsOf({ model }: Engine, random: () => number): () => MicroBatch['dropoutSeed'] {
  return () => {
    const seeds = new Map(model.modules.map(({ name }) => [name, Math.floor(random() * 0xffff_ffff) + 1]));
    return (module) => seeds.get(module) as number;
  };
}

/** Takes the step again, batch by batch, to find which of them it was and where it began. */
async function diverged(
  engine: Engine,
  parameters: Parameters,
  microBatches: readonly MicroBatch[],
  known: { readonly step: number; readonly steps: number; readonly symptom: string },
): Promise<DivergedError> {
  let origin: Origin | null = null;
  let suspects = microBatches;
  for (const microBatch of microBatches) {
    origin = await diagnose(engine, parameters, microBatch.batch, microBatch.dropoutSeed);
    if (origin === null) continue;
    suspects = [microBatch];
    break;
  }
  const nameOf = ({ name, ids }: Sequence): string => name ?? `one of ${ids.length} tokens`;
  const examples = suspects.flatMap(({ sequences }) => sequences.map(nameOf));
  return new DivergedError({ ...known, examples, origin });
}

/** No later loss shows what the last step did. */
function requireFinite(parameters: Parameters, step: number, steps: number): void {
  for (const [name, { values }] of parameters) {
    const index = values.findIndex((value) => !Number.isFinite(value));
    if (index < 0) continue;
    const symptom = `after it parameter ${name} holds ${values[index]} at element ${index}`;
    throw new DivergedError({ step, steps, symptom, examples: [], origin: null });
  }
}
