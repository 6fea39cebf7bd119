/**
 * A client's whole local job as a trainer does it, in its training thread: read the pool, train, evaluate, embed, store. What is
 * neither training, evaluating nor embedding is compared with the whole. The queue is not part of it.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { trainingResult } from '@fedamole/federation';
import { trainingProgress, type TrainingJob } from '@fedamole/queues';
import { z } from 'zod';
import { BenchmarkError } from './benchmark-error.js';
import type { Benchmark, BenchmarkContext } from './benchmark.js';
import type { Comparison } from './comparison.js';
import { firstRoundJobs } from './first-round-jobs.js';
import { quickstart, root, state } from './folders.js';
import { jobPhases, type Heard, type JobPhases } from './job-phases.js';
import { median } from './median.js';

const data = join(quickstart, 'clients');

export const clientJob: Benchmark = {
  name: 'client-job',
  summary:
    "a client's local job of 200 steps, the quickstart's model: what is not training, evaluating or embedding, of the whole",
  run: async (context) => {
    const store = await mkdtemp(join(tmpdir(), 'client-job-'));
    try {
      return await measure(store, context);
    } finally {
      await rm(store, { recursive: true });
    }
  },
};

/** The first client's job also makes the sessions; each further one finds them, but reads data of its own. */
async function measure(store: string, { options, say }: BenchmarkContext): Promise<Comparison> {
  const clients = (await readdir(data)).sort();
  if (options.turns >= clients.length) {
    throw new BenchmarkError(
      `--turns is ${options.turns}: the quickstart has clients for at most ${clients.length - 1}`,
    );
  }
  const jobOf = await firstRoundJobs(store, clients.length);
  const thread = new Worker(pathToFileURL(join(root, 'apps', 'trainer', 'dist', 'thread', 'thread.js')), {
    workerData: {
      clients: Object.fromEntries(clients.map((client) => [client, join(data, client)])),
      modelsFolder: quickstart,
      modelsCache: { folder: join(state, 'models'), maximumBytes: 0 },
      artifacts: { kind: 'folder', folder: store },
      weightsFolder: join(state, 'weights'),
      device: 'cpu',
      threads: options.threads,
      checkpointSeconds: 0,
    },
  });
  const show = (title: string, phases: JobPhases): void => {
    const { total, training, evaluating, embedding, other } = phases;
    const parts = `training ${training.toFixed(2)}, evaluating ${evaluating.toFixed(2)}, embedding ${embedding.toFixed(2)}`;
    say(
      `${title}: ${total.toFixed(2)} s: ${parts}, all else ${other.toFixed(3)} (${((100 * other) / total).toFixed(1)} %)`,
    );
  };
  try {
    const [first, ...others] = clients.slice(0, options.turns + 1) as [string, ...string[]];
    const cold = await runJob(thread, jobOf(first));
    show(`${first}, first job of a trainer, which makes the sessions in these phases`, cold);
    const warm: JobPhases[] = [];
    for (const client of others) {
      warm.push(await runJob(thread, jobOf(client)));
      show(client, warm.at(-1) as JobPhases);
    }
    const whole = median(warm.map(({ total }) => total));
    // the sessions are made once: by how much the first job was longer than the others
    const making = Math.max(0, cold.total - cold.other - median(warm.map(({ total, other }) => total - other)));
    say(`making the sessions took about ${making.toFixed(2)} s more, once`);
    return {
      unit: 's',
      ours: { value: median(warm.map(({ other }) => other)), form: 'loading, switching and storing' },
      rival: { value: whole, form: 'the whole job' },
    };
  } finally {
    await thread.terminate();
  }
}

const threadMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('progress'), progress: trainingProgress }),
  z.object({ type: z.enum(['transferred', 'checkpoint', 'note']) }),
  z.object({ type: z.literal('done'), result: trainingResult }),
  z.object({ type: z.literal('failed'), message: z.string() }),
]);

function runJob(thread: Worker, job: TrainingJob): Promise<JobPhases> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const elapsed = (): number => (performance.now() - started) / 1000;
    const heard: Heard[] = [];
    const onMessage = (received: unknown): void => {
      const message = threadMessage.parse(received);
      if (message.type === 'progress') {
        heard.push({ at: elapsed(), phase: message.progress.phase });
        return;
      }
      if (message.type !== 'done' && message.type !== 'failed') return;
      // not all listeners: a worker's own among them lets messages through
      thread.off('error', reject).off('message', onMessage);
      if (message.type === 'failed') reject(new BenchmarkError(message.message));
      else resolve(jobPhases(heard, message.result.trainSeconds, elapsed()));
    };
    thread.once('error', reject).on('message', onMessage);
    thread.postMessage({ type: 'run', job, checkpoint: null });
  });
}
