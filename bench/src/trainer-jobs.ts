/**
 * How many jobs a trainer had best run at a time: real trainer processes at a real queue, whose threads are divided among one job,
 * several jobs, or several trainers of one job each.
 */
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster, startService, type Service } from '@fedamole/cluster';
import { readAggregatorSettings } from '@fedamole/config';
import { defaultPool, openQueue, trainingQueueName, type JobQueue, type TrainingJob } from '@fedamole/queues';
import { BenchmarkError } from './benchmark-error.js';
import type { Benchmark, BenchmarkContext } from './benchmark.js';
import type { Comparison } from './comparison.js';
import { firstRoundJobs } from './first-round-jobs.js';
import { quickstart, root } from './folders.js';
import { median } from './median.js';

const data = join(quickstart, 'clients');
const STEPS = 50;
/** Milliseconds between two looks at the queue. */
const PAUSE = 50;

interface Arrangement {
  readonly form: string;
  readonly trainers: number;
  readonly jobs: number;
  /** Of a trainer. */
  readonly threads: number;
}

export const trainerJobs: Benchmark = {
  name: 'trainer-jobs',
  summary: `a trainer's jobs of ${STEPS} steps and their evaluation, one thread each at a time; rival: one at a time on all threads`,
  run: async (context) => {
    const stateFolder = await mkdtemp(join(tmpdir(), 'trainer-jobs-'));
    const interrupted = new AbortController();
    const interrupt = (): void => interrupted.abort(new BenchmarkError('interrupted'));
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupt);
    try {
      const cluster = await Cluster.start({
        ...{ root, stateFolder, clients: {}, modelsFolder: quickstart },
        ...{ trainers: 0, threadsPerTrainer: 1, signal: interrupted.signal },
      });
      try {
        return await compare(cluster, context, interrupted.signal);
      } finally {
        await cluster.stop();
      }
    } finally {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeListener(signal, interrupt);
      await rm(stateFolder, { recursive: true, force: true });
    }
  },
};

async function compare(
  cluster: Cluster,
  { options: { threads, turns }, say }: BenchmarkContext,
  signal: AbortSignal,
): Promise<Comparison> {
  const artifactsFolder = join(cluster.stateFolder, 'artifacts');
  const settings = readAggregatorSettings({ ...cluster.describe().queue.env, ARTIFACTS_FOLDER: artifactsFolder });
  const queue = await openQueue(settings.queue, trainingQueueName(defaultPool), { onError: () => undefined });
  const clients = (await readdir(data)).sort();
  const jobOf = await firstRoundJobs(artifactsFolder, clients.length, { stepsPerRound: STEPS });
  const jobs = clients.map(jobOf);
  const [together, apart, single]: readonly [Arrangement, Arrangement, Arrangement] = [
    { form: `one trainer, ${threads} jobs on a thread each`, trainers: 1, jobs: threads, threads },
    { form: `${threads} trainers, a job on a thread each`, trainers: threads, jobs: 1, threads: 1 },
    { form: `one trainer, a job on ${threads} threads`, trainers: 1, jobs: 1, threads },
  ];
  const adapters = new Set<string>();
  const rates = new Map<Arrangement, number[]>([together, apart, single].map((each) => [each, []]));
  try {
    for (let turn = 1; turn <= turns; turn += 1) {
      for (const [arrangement, figures] of rates) {
        const { rate, digests } = await clientsAMinute(arrangement, queue, jobs, cluster, signal);
        figures.push(rate);
        adapters.add(digests);
        say(`turn ${turn}, ${arrangement.form}: ${rate.toFixed(1)} clients a minute`);
      }
    }
  } finally {
    await queue.close();
  }
  if (adapters.size !== 1) throw new BenchmarkError('the adapters depend on how many jobs are done at a time');
  const figureOf = (arrangement: Arrangement) => ({
    value: median(rates.get(arrangement) ?? []),
    form: arrangement.form,
  });
  say(`the adapters are equal bit by bit; ${apart.form}: ${figureOf(apart).value.toFixed(1)} clients a minute`);
  return { unit: 'clients/min', ours: figureOf(together), rival: figureOf(single) };
}

/** The second time that trainers do these jobs: the first makes sessions and reads data. */
async function clientsAMinute(
  { trainers, jobs, threads }: Arrangement,
  queue: JobQueue,
  work: readonly TrainingJob[],
  cluster: Cluster,
  signal: AbortSignal,
): Promise<{ rate: number; digests: string }> {
  const started: Service[] = [];
  try {
    for (let index = 0; index < trainers; index += 1) {
      const name = `bench-trainer-${index + 1}`;
      started.push(await startTrainer(name, { jobs, threads }, cluster, signal));
    }
    await allDone(queue, work, signal);
    const began = performance.now();
    const digests = await allDone(queue, work, signal);
    return { rate: (60_000 * work.length) / (performance.now() - began), digests };
  } finally {
    for (const service of started) await service.stop();
  }
}

async function startTrainer(
  name: string,
  { jobs, threads }: Pick<Arrangement, 'jobs' | 'threads'>,
  cluster: Cluster,
  signal: AbortSignal,
): Promise<Service> {
  const { stateFolder } = cluster;
  const clients = (await readdir(data)).map((client) => [client, join(data, client)]);
  const folders = { MODELS_CACHE_FOLDER: join(stateFolder, 'models'), WEIGHTS_FOLDER: join(stateFolder, 'weights') };
  for (const path of Object.values(folders)) await mkdir(path, { recursive: true });
  return startService({
    name,
    entry: join(root, 'apps', 'trainer', 'dist', 'main.js'),
    env: {
      ...cluster.describe().queue.env,
      ...folders,
      ARTIFACTS_FOLDER: join(stateFolder, 'artifacts'),
      MODELS_FOLDER: quickstart,
      TRAINER_CLIENTS: JSON.stringify(Object.fromEntries(clients)),
      TRAINER_DEVICE: 'cpu',
      TRAINER_JOBS: String(jobs),
      TRAINER_THREADS: String(threads),
    },
    logFile: join(stateFolder, 'logs', `${name}.log`),
    signal,
  });
}

/** Adds the jobs and waits for all of them. Returns the adapters' digests, by client. */
async function allDone(queue: JobQueue, work: readonly TrainingJob[], signal: AbortSignal): Promise<string> {
  const idOf = ({ federationId, round, client, attempt }: TrainingJob): string =>
    `${federationId}.${round}.${client}.${attempt}`;
  await queue.addAll(work.map((payload) => ({ id: idOf(payload), payload })));
  const adapters: unknown[] = [];
  for (const job of work) {
    const id = idOf(job);
    let outcome = await queue.outcome(id);
    for (; outcome === null; outcome = await queue.outcome(id)) {
      signal.throwIfAborted();
      await sleep(PAUSE);
    }
    if (outcome.state === 'failed') throw new BenchmarkError(`${id}: ${outcome.reason}`);
    adapters.push((outcome.result as { adapter: string }).adapter);
  }
  for (const job of work) await queue.remove(idOf(job));
  return JSON.stringify(adapters);
}
