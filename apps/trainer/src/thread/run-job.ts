/** One training job from its payload to its result: artifacts in, artifacts and numbers out. */
import { decodePool, encodeAdapter, encodeEmbeddings } from '@fedamole/adapters';
import type { ArtifactStore } from '@fedamole/artifacts';
import type { BaselineResult, TrainingResult } from '@fedamole/federation';
import { holdExperts, neutralParameters, stackParameters, unstackParameters, type Parameters } from '@fedamole/mole';
import type { TrainingJob, TrainingProgress } from '@fedamole/queues';
import { seededRandom } from '@fedamole/seeded-random';
import {
  meanEmbeddings,
  shuffledBatches,
  trainLocally,
  type Engine,
  type LocalTrainingReport,
} from '@fedamole/training';
import { longestExample, splitSizes, type ClientDataCache, type ClientSplits } from './client-data.js';
import type { EngineCache, LoadedModel } from './engine-cache.js';
import { measure, mostFrequentAnswerRougeL } from './measure.js';
import { UnsuitableJobError } from './permanent-errors.js';
import { reporter, type Report } from './progress.js';

export interface Workplace {
  readonly artifacts: ArtifactStore;
  readonly data: ClientDataCache;
  readonly engines: EngineCache;
}

type TrainJob = Extract<TrainingJob, { kind: 'train' }>;

/** What a job works with, once everything that it names was found. */
interface Prepared extends LoadedModel {
  readonly engine: Engine;
  readonly splits: ClientSplits;
  readonly maxLength: number;
  readonly report: Report;
}

/** Throws where the job cannot be done, or was aborted. The same job always has the same artifacts. */
export async function runJob(
  job: TrainingJob,
  workplace: Workplace,
  send: (progress: TrainingProgress) => void,
  signal: AbortSignal,
): Promise<BaselineResult | TrainingResult> {
  const started = performance.now();
  const elapsed = (): number => (performance.now() - started) / 1000;
  const report = reporter(send, signal);
  report({ phase: 'loading' });
  const { configuration, baseModel, client } = job;
  const loaded = await workplace.engines.model(baseModel);
  const maxLength = longestExample(configuration, loaded.model.decoder.maxPositions);
  const { maxNewTokens } = configuration;
  if (maxLength - maxNewTokens <= loaded.tokenizer.prefixIds.length) {
    throw new UnsuitableJobError(
      `maxNewTokens is ${maxNewTokens}: of ${maxLength} positions that leaves none for a prompt`,
    );
  }
  const splits = await workplace.data.splits(client, loaded.tokenizer, baseModel.digest, maxLength, configuration.seed);
  const engine = await workplace.engines.engine(baseModel, configuration);
  const prepared: Prepared = { ...loaded, engine, splits, maxLength, report };
  const { device } = workplace.engines;
  if (job.kind === 'measure-baseline') return { ...(await measureBaseline(job, prepared)), device, seconds: elapsed() };
  return { ...(await train(job, workplace.artifacts, prepared)), device, seconds: elapsed() };
}

async function measureBaseline(
  { configuration }: TrainingJob,
  { model, engine, splits, tokenizer, maxLength, report }: Prepared,
): Promise<Omit<BaselineResult, 'device' | 'seconds'>> {
  const { rank, topK, maxNewTokens } = configuration;
  const parameters = neutralParameters(model.modules, rank, topK);
  return {
    splits: splitSizes(splits),
    metrics: await measure(engine, parameters, splits, tokenizer, { maxLength, maxNewTokens }, report),
    mostFrequentAnswerRougeL: mostFrequentAnswerRougeL(splits),
    distinctTestAnswers: new Set(splits.test.map(({ output }) => output)).size,
  };
}

async function train(
  job: TrainJob,
  artifacts: ArtifactStore,
  prepared: Prepared,
): Promise<Omit<TrainingResult, 'device' | 'seconds'>> {
  const { model, engine, splits, tokenizer, maxLength, report } = prepared;
  const { configuration, held } = job;
  const { rank, alpha, topK, experts, stepsPerRound, maxNewTokens } = configuration;
  const pool = decodePool(await artifacts.get(job.pool), model.modules, { rank, experts });
  const parameters = stackParameters(model.modules, holdExperts(pool, held), rank);

  const trainingStarted = performance.now();
  const trained = await trainSteps(job, prepared, parameters);
  const trainSeconds = (performance.now() - trainingStarted) / 1000;
  const metrics = await measure(engine, parameters, splits, tokenizer, { maxLength, maxNewTokens }, report);

  let embeddings: string | null = null;
  if (!job.lastRound) {
    const steps = splits.embedding.length;
    report({ phase: 'embedding', step: 0, steps });
    const means = await meanEmbeddings(engine, parameters, splits.embedding, tokenizer.padTokenId, (step) =>
      report({ phase: 'embedding', step, steps }),
    );
    embeddings = await artifacts.put(encodeEmbeddings(means));
  }
  const modules = unstackParameters(model.modules, parameters, held, rank);
  const adapter = encodeAdapter(model.modules, modules, { rank, alpha, topK, baseModel: job.baseModel.digest });
  return {
    adapter: await artifacts.put(adapter),
    embeddings,
    splits: splitSizes(splits),
    metrics,
    steps: stepsPerRound,
    trainLoss: trained.loss,
    balanceLoss: trained.balance,
    trainTokens: trained.tokens,
    trainSeconds,
    adapterBytes: adapter.byteLength,
  };
}

/** The round's optimiser steps; order of examples and dropout follow from seed, round and client name alone. */
function trainSteps(
  { configuration, round, client }: TrainJob,
  { engine, splits, tokenizer, report }: Prepared,
  parameters: Parameters,
): Promise<LocalTrainingReport> {
  const { seed, stepsPerRound: steps, batchSize, learningRate, learningRateDecay } = configuration;
  const settings = {
    steps,
    learningRate: learningRate * learningRateDecay ** (round - 1),
    padTokenId: tokenizer.padTokenId,
    randomDropout: seededRandom(seed, round, client, 'dropout'),
  };
  const nextBatch = shuffledBatches(splits.train, batchSize, seededRandom(seed, round, client, 'order'));
  const started = performance.now();
  let tokens = 0;
  return trainLocally(engine, parameters, nextBatch, settings, (step) => {
    tokens += step.tokens;
    const tokensPerSecond = tokens / ((performance.now() - started) / 1000);
    report({ phase: 'training', step: step.step, steps, loss: step.loss, tokensPerSecond });
  });
}
