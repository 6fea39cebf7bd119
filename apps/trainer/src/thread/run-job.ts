/** One training job from its payload to its result: artifacts in, artifacts and numbers out. */
import { decodePool, encodeAdapter, encodeEmbeddings } from '@fedamole/adapters';
import type { ArtifactStore } from '@fedamole/artifacts';
import type { Tokenizer } from '@fedamole/datasets';
import type { BaselineResult, TrainingResult } from '@fedamole/federation';
import { holdExperts, neutralParameters, stackParameters, unstackParameters } from '@fedamole/mole';
import type { TrainingJob, TrainingProgress } from '@fedamole/queues';
import { meanEmbeddings, type Engine } from '@fedamole/training';
import { longestExample, splitSizes, type ClientDataCache, type ClientSplits } from './client-data.js';
import type { EngineCache } from './engine-cache.js';
import { measure, mostFrequentAnswerRougeL } from './measure.js';
import { UnsuitableJobError } from './permanent-errors.js';
import { reporter, type Report } from './progress.js';
import { trainSteps, type TrainJob } from './train-steps.js';

export interface Workplace {
  readonly artifacts: ArtifactStore;
  readonly data: ClientDataCache;
  readonly engines: EngineCache;
}

/** What a job works with, once everything that it names was found. */
interface Prepared {
  /** Over the federation's modules, with the frozen weights in its form. */
  readonly engine: Engine;
  readonly tokenizer: Tokenizer;
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
  const { model, tokenizer } = await workplace.engines.model(baseModel);
  const maxLength = longestExample(configuration, model.decoder.maxPositions);
  const { maxNewTokens } = configuration;
  if (maxLength - maxNewTokens <= tokenizer.prefixIds.length) {
    throw new UnsuitableJobError(
      `maxNewTokens is ${maxNewTokens}: of ${maxLength} positions that leaves none for a prompt`,
    );
  }
  const splits = await workplace.data.splits(client, tokenizer, baseModel.digest, maxLength, configuration.seed);
  const form = configuration.weights === 'auto' ? 'float32' : configuration.weights;
  const engine = await workplace.engines.engine(baseModel, configuration, form, report);
  const prepared: Prepared = { engine, tokenizer, splits, maxLength, report };
  const { device } = workplace.engines.settings;
  if (job.kind === 'measure-baseline') return { ...(await measureBaseline(job, prepared)), device, seconds: elapsed() };
  return { ...(await train(job, workplace.artifacts, prepared)), device, seconds: elapsed() };
}

async function measureBaseline(
  { configuration }: TrainingJob,
  { engine, splits, tokenizer, maxLength, report }: Prepared,
): Promise<Omit<BaselineResult, 'device' | 'seconds'>> {
  const { rank, topK, maxNewTokens } = configuration;
  const parameters = neutralParameters(engine.model.modules, rank, topK);
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
  const { engine, splits, tokenizer, maxLength, report } = prepared;
  const { modules: adapted } = engine.model;
  const { configuration, held } = job;
  const { rank, alpha, topK, experts, maxNewTokens } = configuration;
  const pool = decodePool(await artifacts.get(job.pool), adapted, { rank, experts });
  const parameters = stackParameters(adapted, holdExperts(pool, held), rank);

  const { padTokenId } = tokenizer;
  const trained = await trainSteps(job, { engine, splits, padTokenId, report }, parameters);
  const metrics = await measure(engine, parameters, splits, tokenizer, { maxLength, maxNewTokens }, report);

  let embeddings: string | null = null;
  if (!job.lastRound) {
    const steps = splits.embedding.length;
    report({ phase: 'embedding', step: 0, steps });
    const means = await meanEmbeddings(engine, parameters, splits.embedding, padTokenId, (step) =>
      report({ phase: 'embedding', step, steps }),
    );
    embeddings = await artifacts.put(encodeEmbeddings(means));
  }
  const modules = unstackParameters(adapted, parameters, held, rank);
  const adapter = encodeAdapter(adapted, modules, { rank, alpha, topK, baseModel: job.baseModel.digest });
  return {
    adapter: await artifacts.put(adapter),
    embeddings,
    splits: splitSizes(splits),
    metrics,
    steps: trained.steps,
    trainLoss: trained.loss,
    balanceLoss: trained.balance,
    trainTokens: trained.tokens,
    trainSeconds: trained.seconds,
    adapterBytes: adapter.byteLength,
  };
}
