/** Trainers that answer at once: what they upload has the right shape and nothing was trained for it. */
import { encodeAdapter, encodeEmbeddings } from '@fedamole/adapters';
import type { ArtifactStore } from '@fedamole/artifacts';
import { baselineResult, trainingResult } from '@fedamole/federation';
import type { AdaptedModule, BaselineResult, TrainingResult } from '@fedamole/federation';
import type { Expert, HeldModule } from '@fedamole/mole';
import type { QueueSettings, RunningWorker, TrainerAbilities, TrainingJob } from '@fedamole/queues';
import { announceWorker, defaultPool, startWorker, trainingJob, trainingQueueName } from '@fedamole/queues';
import { seededRandom } from '@fedamole/seeded-random';
import { z } from 'zod';

/** A worker takes one job at a time. */
const TRAINERS = 16;

const splits = { train: 100, embedding: 10, validation: 10, test: 10 };
const metrics = { validationLoss: 2, perplexity: 7, testLoss: 2, rougeL: 0.5, choiceAccuracy: null };

/** Returns what ends them. */
export async function startInstantTrainers(
  settings: QueueSettings,
  artifacts: ArtifactStore,
  modules: readonly AdaptedModule[],
  clients: readonly string[],
  onError: (error: Error) => void,
): Promise<() => Promise<void>> {
  const start = (): Promise<RunningWorker> =>
    startWorker({
      settings,
      queueName: trainingQueueName(defaultPool),
      payload: trainingJob,
      result: z.union([baselineResult, trainingResult]),
      handler: (job) => (job.kind === 'train' ? upload(job, modules, artifacts) : Promise.resolve(baseline)),
      onError,
    });
  const trainers = await Promise.all(Array.from({ length: TRAINERS }, start));
  const abilities: TrainerAbilities = {
    pool: defaultPool,
    clients: [...clients],
    labels: [],
    device: 'cpu',
    memoryBytes: null,
    threads: 1,
    weightForms: ['float32'],
    baseModels: [],
  };
  const announcer = await announceWorker(
    settings,
    () => ({ kind: 'trainer', host: 'bench', version: '0', uptimeSeconds: process.uptime(), jobs: [], abilities }),
    onError,
  );
  return async () => {
    await announcer.close();
    await Promise.all(trainers.map((trainer) => trainer.close()));
  };
}

const baseline: BaselineResult = {
  splits,
  metrics,
  mostFrequentAnswerRougeL: 0.1,
  distinctTestAnswers: 3,
  weightForms: null,
  seconds: 0,
};

async function upload(
  { client, round, held, lastRound, configuration, baseModel }: Extract<TrainingJob, { kind: 'train' }>,
  modules: readonly AdaptedModule[],
  artifacts: ArtifactStore,
): Promise<TrainingResult> {
  const { rank, alpha, topK, stepsPerRound } = configuration;
  const random = seededRandom('upload', client, round);
  const drawn = (length: number): Float32Array => Float32Array.from({ length }, random);
  const experts = ({ name, inputWidth, outputWidth }: AdaptedModule): [string, HeldModule] => {
    const expert = (): Expert => ({ a: drawn(rank * inputWidth), b: drawn(outputWidth * rank) });
    const indices = held[name] ?? [];
    return [
      name,
      { held: indices, experts: indices.map(expert), shared: expert(), tokenProjection: drawn(rank * inputWidth) },
    ];
  };
  const embeddings = modules.map(({ name }) => {
    return [name, { token: drawn(rank), experts: (held[name] ?? []).map(() => drawn(rank)) }] as const;
  });
  const metadata = { rank, alpha, topK, baseModel: baseModel.digest };
  const bytes = encodeAdapter(modules, new Map(modules.map(experts)), metadata);
  return {
    adapter: await artifacts.put(bytes),
    embeddings: lastRound ? null : await artifacts.put(encodeEmbeddings(new Map(embeddings))),
    splits,
    metrics,
    steps: stepsPerRound,
    trainLoss: 2,
    balanceLoss: 1,
    trainTokens: 1000,
    trainSeconds: 0,
    seconds: 0,
    adapterBytes: bytes.byteLength,
  };
}
