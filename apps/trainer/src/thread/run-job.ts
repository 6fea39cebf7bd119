/** One training job from its payload to its result: artifacts in, artifacts and numbers out. */
import { decodePool, encodeAdapter, encodeEmbeddings } from '@fedamole/adapters';
import type { ArtifactStore } from '@fedamole/artifacts';
import type { BaselineResult, TrainingResult } from '@fedamole/federation';
import { holdExperts, stackParameters, unstackParameters, type Parameters } from '@fedamole/mole';
import type { TrainingJob } from '@fedamole/queues';
import { meanEmbeddings, putValues, valuesOf, type TrainingLoad } from '@fedamole/training';
import type { Checkpoint, Trained } from './checkpoint-file.js';
import { longestExample, splitSizes, type ClientSplits } from './client-data.js';
import { HandedBackError } from './ending.js';
import { JobCheckpoints } from './job-checkpoints.js';
import type { JobControl } from './job-control.js';
import { measure, type Measured } from './measure.js';
import { measureBaseline } from './measure-baseline.js';
import type { ModelPlace } from './model-places.js';
import { UnsuitableJobError } from './permanent-errors.js';
import { reporter, type Report } from './progress.js';
import { trainSteps, type TrainJob, type Workbench } from './train-steps.js';
import type { Prepared, Workplace } from './workplace.js';

/**
 * Throws where the job cannot be done, was aborted, or is handed back. The same job always has the same artifacts, however often
 * it was handed back and gone on with.
 */
export async function runJob(
  job: TrainingJob,
  workplace: Workplace,
  control: JobControl,
): Promise<BaselineResult | TrainingResult> {
  const started = performance.now();
  const report = reporter(control);
  report({ phase: 'loading' });
  const place = await workplace.models.use(job.baseModel, (step, steps) => report({ phase: 'loading', step, steps }));
  try {
    const prepared = await prepare(job, workplace, { control, report, place });
    const result =
      job.kind === 'measure-baseline'
        ? await measureBaseline(job, prepared, workplace.stepTimes)
        : await train(job, workplace.artifacts, prepared);
    return { ...result, device: prepared.device, seconds: (performance.now() - started) / 1000 };
  } finally {
    await place.release();
  }
}

interface Surroundings {
  readonly control: JobControl;
  readonly report: Report;
  readonly place: ModelPlace;
}

/** Finds everything that a job names. Throws where this trainer does not have it. */
async function prepare(
  job: TrainingJob,
  { engines, artifacts, data, checkpointSeconds }: Workplace,
  { control, report, place }: Surroundings,
): Promise<Prepared> {
  const { configuration, baseModel, client } = job;
  const placed = { ...baseModel, folder: place.folder };
  const { model, tokenizer } = await engines.model(placed).catch((error: unknown) => {
    if (error instanceof UnsuitableJobError) return place.reject(error);
    throw error;
  });
  const maxLength = longestExample(configuration, model.decoder.maxPositions);
  const { maxNewTokens } = configuration;
  if (maxLength - maxNewTokens <= tokenizer.prefixIds.length) {
    throw new UnsuitableJobError(
      `maxNewTokens is ${maxNewTokens}: of ${maxLength} positions that leaves none for a prompt`,
    );
  }
  const splits = await data.splits(client, tokenizer, baseModel.digest, maxLength, configuration.seed);
  const { device } = engines.settings;
  return {
    device,
    engine: (form) => engines.engine(placed, configuration, form, report),
    tokenizer,
    splits,
    maxLength,
    report,
    ending: control.ending,
    checkpoints: new JobCheckpoints(artifacts, checkpointSeconds, { job, device, splits }, control),
  };
}

async function train(
  job: TrainJob,
  artifacts: ArtifactStore,
  prepared: Prepared,
): Promise<Omit<TrainingResult, 'device' | 'seconds'>> {
  const { splits, tokenizer, maxLength, report, checkpoints } = prepared;
  const { configuration, held } = job;
  const engine = await prepared.engine(configuration.weights);
  const { modules: adapted } = engine.model;
  const { rank, alpha, topK, experts, maxNewTokens } = configuration;
  const pool = decodePool(await artifacts.get(job.pool), adapted, { rank, experts });
  const parameters = stackParameters(adapted, holdExperts(pool, held), rank);
  engine.requireTrainingMemory(largestBatch(splits.train, configuration.batchSize, parameters));
  const { padTokenId } = tokenizer;
  const start = await checkpoints.resume(parameters);
  const trained = await trainedFrom(start, job, { ...prepared, engine, padTokenId }, parameters);
  let measured = start?.stage === 'trained' ? start.measured : {};
  const here = (): Checkpoint => ({ stage: 'trained', trained, parameters: valuesOf(parameters), measured });
  const onMeasured = (now: Measured): Promise<void> => {
    measured = now;
    return checkpoints.keepIfDue(here);
  };
  try {
    await checkpoints.keepIfDue(here);
    const lengths = { maxLength, maxNewTokens };
    const known = { before: measured, onMeasured };
    const metrics = await measure(engine, parameters, splits, tokenizer, lengths, report, known);
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
  } catch (error) {
    if (error instanceof HandedBackError) await checkpoints.keep(here);
    throw error;
  }
}

/** Takes the steps that are left, if any. */
async function trainedFrom(
  start: Checkpoint | null,
  job: TrainJob,
  workbench: Workbench,
  parameters: Parameters,
): Promise<Trained> {
  if (start?.stage !== 'trained')
    return trainSteps(job, workbench, parameters, start?.stage === 'training' ? start : null);
  putValues(parameters, start.parameters);
  return start.trained;
}

/** As if the longest example and the longest answer filled every row. */
function largestBatch(examples: ClientSplits['train'], batchSize: number, parameters: Parameters): TrainingLoad {
  const longest = (of: (example: ClientSplits['train'][number]) => number): number => Math.max(...examples.map(of));
  const rows = Math.min(batchSize, examples.length);
  return {
    rows,
    time: longest(({ ids }) => ids.length),
    targets: rows * longest(({ ids, promptLength }) => ids.length - promptLength),
    parameters,
  };
}
