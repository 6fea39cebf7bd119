import { randomUUID } from 'node:crypto';
import { appendFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeAdapter, decodeEmbeddings } from '@fedamole/adapters';
import type { ArtifactPlace } from '@fedamole/artifacts';
import { baselineResult, trainingResult, type BaselineResult, type TrainingResult } from '@fedamole/federation';
import { PermanentJobError, type TrainingJob, type TrainingProgress } from '@fedamole/queues';
import { readSafetensors } from '@fedamole/safetensors';
import type { ThreadSettings } from './thread/messages.js';
import { Workshop, type TrainJob } from './test-workshop.fixture.js';
import { TrainingThread } from './training-thread.js';

let workshop: Workshop;
let thread: TrainingThread;
beforeAll(async () => {
  workshop = await Workshop.open();
  const names = ['call-notes', 'hospital-triage', 'malformed', 'small', 'long', 'absent'];
  thread = new TrainingThread(workshop.settings(names));
});
afterAll(async () => {
  await thread.close();
  await workshop.close();
});

const signal = (): AbortSignal => new AbortController().signal;
const ignore = (): void => undefined;

async function trained(job: TrainJob, by = thread): Promise<TrainingResult> {
  return trainingResult.parse(await by.run(job, ignore, signal()));
}

/** The message of the error that says that trying again would end the same way. */
async function refused(job: TrainingJob): Promise<string> {
  const error = await thread.run(job, ignore, signal()).then(
    () => new Error('the job was done'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(PermanentJobError);
  return (error as Error).message;
}

/** A result without what takes time: all that two runs of a job have in common. */
function timeless(result: BaselineResult | TrainingResult): object {
  return { ...result, seconds: 0, trainSeconds: 0 };
}

describe('a job that measures the base model', () => {
  it('reports splits, losses and ROUGE-L, the same every time, and stores nothing', async () => {
    const first = baselineResult.parse(await thread.run(workshop.baselineJob(), ignore, signal()));
    expect(first.splits).toEqual({ train: 31, embedding: 1, validation: 4, test: 4 });
    expect(first.metrics.validationLoss).toBeGreaterThan(0);
    expect(first.metrics.testLoss).toBeGreaterThan(0);
    expect(first.distinctTestAnswers).toBe(4);
    const second = baselineResult.parse(await thread.run(workshop.baselineJob(), ignore, signal()));
    expect(timeless(second)).toEqual(timeless(first));
    expect(first).not.toHaveProperty('adapter');
    expect(first.device).toBe('cpu');
  });
});

describe('a job that measures forms of frozen weights, for "auto"', () => {
  const auto = { weights: 'auto' } as const;

  it('takes the time of steps once, and evaluates a form where it is faster by a twentieth', async () => {
    const phases: string[] = [];
    const receive = ({ phase }: TrainingProgress): void => void phases.push(phase);
    const { metrics, weightForms } = baselineResult.parse(
      await thread.run(workshop.baselineJob(auto), receive, signal()),
    );
    const [float32, int8] = weightForms ?? [];
    expect(weightForms).toHaveLength(2);
    expect(float32).toEqual({ form: 'float32', secondsPerStep: expect.any(Number), metrics });
    expect(int8?.form).toBe('int8');
    const faster = (int8?.secondsPerStep ?? 0) <= 0.95 * (float32?.secondsPerStep ?? 0);
    expect(int8?.metrics !== null).toBe(faster);
    expect(phases).toContain('comparing');
    const other = baselineResult.parse(
      await thread.run({ ...workshop.baselineJob(auto), client: 'hospital-triage' }, ignore, signal()),
    );
    expect(other.metrics).not.toEqual(metrics);
    expect(other.weightForms?.map(({ secondsPerStep }) => secondsPerStep)).toEqual(
      weightForms?.map(({ secondsPerStep }) => secondsPerStep),
    );
  });

  it('measures nothing of the kind where a form is configured', async () => {
    const { weightForms } = baselineResult.parse(await thread.run(workshop.baselineJob(), ignore, signal()));
    expect(weightForms).toBeNull();
  });
});

describe("a client's choices", () => {
  const letters = ['a', 'b', 'c'];
  const line = (input: number, choices?: readonly string[]): string =>
    JSON.stringify({ instruction: 'Which letter?', input: `${input}`, output: letters[input % 3], choices });
  /** The result of a client with these examples, and the phases that it went through. */
  async function measured(lines: readonly string[]): Promise<[BaselineResult, string[]]> {
    await workshop.writeData('small', lines);
    const phases: string[] = [];
    const receive = ({ phase, step, steps }: TrainingProgress): void => {
      phases.push(phase);
      expect(step ?? 0).toBeLessThanOrEqual(steps ?? 0);
    };
    const job = { ...workshop.baselineJob(), client: 'small' };
    return [baselineResult.parse(await thread.run(job, receive, signal())), phases];
  }
  const numbers = Array.from({ length: 40 }, (_, index) => index);

  it('are compared instead of generating answers, on every test example', async () => {
    const [{ metrics, splits }, phases] = await measured(numbers.map((input) => line(input, letters)));
    expect(metrics.rougeL).toBeNull();
    expect((metrics.choiceAccuracy ?? -1) * splits.test).toBeCloseTo(Math.round((metrics.choiceAccuracy ?? -1) * 4), 9);
    expect(metrics.choiceAccuracy).toBeGreaterThanOrEqual(0);
    expect(metrics.perplexity).toBe(Math.exp(metrics.validationLoss));
    expect(phases).not.toContain('generating');
  });

  it('are compared beside generated answers where only some examples have them', async () => {
    const [{ metrics }, phases] = await measured(
      numbers.map((input) => line(input, input % 2 === 0 ? letters : undefined)),
    );
    expect(metrics.rougeL).toBeGreaterThanOrEqual(0);
    expect(metrics.choiceAccuracy).toBeGreaterThanOrEqual(0);
    expect(phases).toContain('generating');
  });

  it('have no accuracy where no example has them', async () => {
    const [{ metrics }] = await measured(numbers.map((input) => line(input)));
    expect(metrics.choiceAccuracy).toBeNull();
  });
});

describe('a training job', () => {
  let job: TrainJob;
  let result: TrainingResult;
  const progress: TrainingProgress[] = [];
  beforeAll(async () => {
    job = await workshop.trainJob();
    const receive = (report: TrainingProgress): void => void progress.push(report);
    result = trainingResult.parse(await thread.run(job, receive, signal()));
  });

  it('stores the adapter of exactly the experts that the client holds', async () => {
    const bytes = await workshop.artifacts.get(result.adapter);
    expect(bytes.byteLength).toBe(result.adapterBytes);
    const adapter = decodeAdapter(bytes, workshop.model.modules, job.held, 4);
    expect([...adapter.values()].map(({ held }) => held)).toEqual(Object.values(job.held));
    // B started at zero: that it is not zero any more is what was learned
    expect([...adapter.values()].every(({ shared }) => shared.b.some((element) => element !== 0))).toBe(true);
    const { metadata } = readSafetensors(bytes);
    expect(metadata).toMatchObject({ r: '4', alpha: '16', topK: '2', base_model: workshop.modelDigest });
  });

  it('stores mean embeddings of the token projection and of every held expert', async () => {
    const bytes = await workshop.artifacts.get(result.embeddings as string);
    const embeddings = decodeEmbeddings(bytes, job.held, 4);
    expect([...embeddings.values()].map(({ experts }) => experts.length)).toEqual(
      Object.values(job.held).map(({ length }) => length),
    );
  });

  it('counts its steps and tokens', () => {
    expect(result.steps).toBe(3);
    expect(result.device).toBe('cpu');
    expect(result.trainTokens).toBeGreaterThan(3 * 20);
    expect(result.trainLoss).toBeGreaterThan(0);
    // about 1 a module where nothing is specialised yet
    expect(Math.abs(result.balanceLoss / workshop.model.modules.length - 1)).toBeLessThan(0.3);
  });

  it('reports its phases in order, and every step', () => {
    const phases = progress.map(({ phase }) => phase);
    const order = phases.filter((phase, index) => phase !== phases[index - 1]);
    expect(order).toEqual(['loading', 'training', 'evaluating', 'generating', 'embedding']);
    const steps = progress.filter(({ phase }) => phase === 'training');
    expect(steps.map(({ step, steps: of }) => [step, of])).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
    expect(steps.every(({ loss, tokensPerSecond }) => (loss ?? 0) > 0 && (tokensPerSecond ?? 0) > 0)).toBe(true);
    expect(progress.filter(({ phase }) => phase === 'generating').at(-1)).toMatchObject({ step: 4, steps: 4 });
  });

  it('has the same artifacts and numbers when done again, after another job and in another thread', async () => {
    await thread.run({ ...workshop.baselineJob(), client: 'hospital-triage' }, ignore, signal());
    expect(timeless(await trained(job))).toEqual(timeless(result));
    const other = new TrainingThread(workshop.settings());
    const again = await trained({ ...job, attempt: 2 }, other).finally(() => other.close());
    expect(timeless(again)).toEqual(timeless(result));
  });

  it('has other artifacts for another client, round or seed', async () => {
    const { configuration } = job;
    const others = [
      await trained({ ...job, client: 'hospital-triage' }),
      await trained({ ...job, round: 2 }),
      await trained({ ...job, configuration: { ...configuration, seed: 1 } }),
    ];
    expect(new Set([result, ...others].map(({ adapter }) => adapter)).size).toBe(4);
  });

  it('sees the examples in another order in another round', async () => {
    const first = await workshop.trainJob({ dropout: 0, learningRateDecay: 1 });
    const [one, two] = [await trained(first), await trained({ ...first, round: 2 })];
    expect(two.adapter).not.toBe(one.adapter);
  });

  it('computes no embeddings in the last round, and the same adapter', async () => {
    const last = await trained({ ...job, lastRound: true });
    expect(last.embeddings).toBeNull();
    expect(last.adapter).toBe(result.adapter);
  });
});

describe("a job's training options", () => {
  it('change its adapter, each of them, and give the same one when the job is done again', async () => {
    const plain = await workshop.trainJob({ batchSize: 2 });
    const options = [
      {},
      { gradientAccumulationSteps: 2 },
      { groupByLength: true },
      { weightDecay: 0.5 },
      { maxGradientNorm: 1e-3 },
      { warmupSteps: 2 },
      { learningRateSchedule: 'cosine' },
    ] as const;
    const adapters: string[] = [];
    for (const option of options) {
      const job = { ...plain, configuration: { ...plain.configuration, ...option } };
      const { adapter } = await trained(job);
      expect((await trained(job)).adapter).toBe(adapter);
      adapters.push(adapter);
    }
    expect(new Set(adapters).size).toBe(options.length);
  });

  it('end it early where the validation loss falls no more, with the best parameters and the steps that were taken', async () => {
    // so large a learning rate that the loss only rises after the first step
    const job = await workshop.trainJob({ stepsPerRound: 40, learningRate: 1 });
    const early = { ...job.configuration, earlyStopping: { evaluateEvery: 1, patience: 2 } };
    const stopped = await trained({ ...job, configuration: early });
    expect(stopped.steps).toBeLessThan(40);
    const best = { ...job.configuration, stepsPerRound: stopped.steps - 2 };
    const shorter = await trained({ ...job, configuration: best });
    expect(stopped.adapter).toBe(shorter.adapter);
    expect(stopped.metrics).toEqual(shorter.metrics);
  });

  it('say which examples it diverged on, and where', async () => {
    const job = await workshop.trainJob({ stepsPerRound: 20, gradientAccumulationSteps: 2 });
    const configuration = { ...job.configuration, learningRate: 1e30 };
    expect(await refused({ ...job, configuration })).toMatch(
      /^step \d+ of 20: the (loss|gradient's norm) is \w+; it first arose in the (forward|backward) pass, at .*model\.layers\.\d.*; the step's examples are train\[\d+\]$/,
    );
  });
});

describe("a job's target modules", () => {
  it('are the layers that it adapts', async () => {
    const job = await workshop.trainJob({ targetModules: ['down_proj', 'model.layers.0.self_attn.k_proj'] });
    const names = Object.keys(job.held);
    expect(names).toHaveLength(workshop.model.decoder.layers + 1);
    const { adapter } = await trained(job);
    const { tensors } = readSafetensors(await workshop.artifacts.get(adapter));
    for (const name of names) expect([...tensors.keys()]).toContain(`${name}.token_proj`);
    expect([...tensors.keys()].filter((key) => !names.some((name) => key.startsWith(`${name}.`)))).toEqual([]);
  });

  it('are refused for good where the model has no such layer', async () => {
    const job = workshop.baselineJob({ targetModules: ['z_proj'] });
    expect(await refused(job)).toMatch(/^target "z_proj" is no linear layer; those of llama are q_proj, /);
  });
});

describe("a job's form of frozen weights", () => {
  const forms = ['float32', 'bfloat16', 'int8', 'int4'] as const;
  let own: TrainingThread;
  let weightsFolder: string;
  beforeEach(() => {
    weightsFolder = join(workshop.settings().weightsFolder, randomUUID());
    own = new TrainingThread({ ...workshop.settings(), weightsFolder });
  });
  afterEach(() => own.close());

  it('is converted to once, shown as loading, and the job done again has the same adapter', async () => {
    const matrices = workshop.model.decoder.linearModules.length;
    async function trainedWith(weights: (typeof forms)[number]): Promise<{ adapter: string; loaded: number[][] }> {
      const loaded: number[][] = [];
      const receive = ({ phase, step, steps }: TrainingProgress): void => {
        if (phase === 'loading' && steps > 0) loaded.push([step, steps]);
      };
      const { adapter } = trainingResult.parse(await own.run(await workshop.trainJob({ weights }), receive, signal()));
      return { adapter, loaded };
    }
    const first = [];
    for (const weights of forms) first.push(await trainedWith(weights));
    const all = (total: number): number[][] => Array.from({ length: total }, (_, step) => [step, total]);
    // int8 has the output layer, too
    expect(first.map(({ loaded }) => loaded)).toEqual([[], all(matrices), all(matrices + 1), all(matrices)]);
    const [float32, bfloat16, int8, int4] = first.map(({ adapter }) => adapter);
    // the model's own file is in bfloat16
    expect(bfloat16).toBe(float32);
    expect(new Set([float32, int8, int4]).size).toBe(3);
    expect(await trainedWith('int8')).toEqual({ adapter: int8, loaded: [] });
  });

  it('may take long to convert to: the job is aborted in between, and the next one converts anew', async () => {
    const abort = new AbortController();
    const stopped = own.run(
      workshop.baselineJob({ weights: 'int8' }),
      ({ phase, step }) => {
        if (phase === 'loading' && step === 1) abort.abort();
      },
      abort.signal,
    );
    await expect(stopped).rejects.toThrow('the job was taken away');
    expect(await readdir(weightsFolder)).toEqual([]);
    const { metrics } = await own.run(workshop.baselineJob({ weights: 'int8' }), ignore, signal());
    expect(metrics.validationLoss).toBeGreaterThan(0);
    expect(await readdir(weightsFolder)).toHaveLength(1);
  });
});

describe('a job that recomputes activations', () => {
  it('has the adapter of one that keeps them', async () => {
    const plain = await trained(await workshop.trainJob());
    expect((await trained(await workshop.trainJob({ recomputeActivations: true }))).adapter).toBe(plain.adapter);
  });
});

describe('an aborted job', () => {
  it('stops soon after, and the next job is done', async () => {
    const abort = new AbortController();
    const endless = await workshop.trainJob({ stepsPerRound: 1_000_000 });
    let steps = 0;
    const stopped = thread.run(
      endless,
      ({ phase }) => {
        if (phase === 'training') steps += 1;
        if (steps === 2) abort.abort();
      },
      abort.signal,
    );
    await expect(stopped).rejects.toThrow('the job was taken away');
    await expect(stopped).rejects.not.toBeInstanceOf(PermanentJobError);
    expect((await trained(await workshop.trainJob({ stepsPerRound: 1 }))).steps).toBe(1);
  });

  it('is not begun where it was aborted before', () => {
    const begin = (): unknown => thread.run(workshop.baselineJob(), ignore, AbortSignal.abort(new Error('too late')));
    expect(begin).toThrow('too late');
  });
});

describe('a job that cannot be done is refused for good', () => {
  it('where this trainer does not reach the client', async () => {
    const message = 'this trainer does not reach the data of client nobody (TRAINER_CLIENTS)';
    expect(await refused({ ...workshop.baselineJob(), client: 'nobody' })).toBe(message);
  });

  it("where the client's data are not there", async () => {
    expect(await refused({ ...workshop.baselineJob(), client: 'absent' })).toMatch(
      /clients\/absent: the data cannot be found: ENOENT/,
    );
  });

  it('where a line of the data is malformed, by file and line', async () => {
    const example = '{"instruction":"Say it.","input":"x","output":"y"}';
    await workshop.writeData('malformed', [example, example, '{"instruction":"Say it.","input":"x"}', example]);
    const job = { ...workshop.baselineJob(), client: 'malformed' };
    expect(await refused(job)).toBe(`${workshop.dataFile('malformed')}:3: field "output" is missing, not a text`);
    await workshop.writeData('malformed', [example, '{"instruction":']);
    expect(await refused(job)).toMatch(/malformed\/examples\.jsonl:2: the line is not JSON: /);
  });

  it('where there are too few examples to split', async () => {
    const line = (input: string): string => JSON.stringify({ instruction: 'Say it.', input, output: 'y' });
    await workshop.writeData('small', ['a', 'b', 'c'].map(line));
    expect(await refused({ ...workshop.baselineJob(), client: 'small' })).toMatch(
      /clients\/small: 3 examples with 3 distinct inputs are too few to split: .* \(0 of 3 were dropped: longer than 512 tokens\)$/,
    );
  });

  it('where too few examples are short enough, with how many were dropped', async () => {
    const line = (count: number): string =>
      JSON.stringify({ instruction: 'Say it.', input: 'many words '.repeat(count), output: 'y' });
    await workshop.writeData('long', [1, 2, 3, 600, 601].map(line));
    expect(await refused({ ...workshop.baselineJob(), client: 'long' })).toMatch(
      /\(2 of 5 were dropped: longer than 512 tokens\)$/,
    );
  });

  it('where its base model has another digest, and where it is not there', async () => {
    const job = workshop.baselineJob();
    const wrong = 'a'.repeat(64);
    expect(await refused({ ...job, baseModel: { name: 'model', digest: wrong } })).toBe(
      `${workshop.model.folder}: this trainer's base model has digest ${workshop.modelDigest}; the federation uses ${wrong}`,
    );
    expect(await refused({ ...job, baseModel: { name: 'other', digest: wrong } })).toMatch(
      /models\/other: no such folder$/,
    );
  });

  it('where answers leave no room for a prompt, before anything is trained', async () => {
    const job = await workshop.trainJob({ maxNewTokens: 512, stepsPerRound: 1_000_000 });
    expect(await refused(job)).toBe('maxNewTokens is 512: of 512 positions that leaves none for a prompt');
  });

  it('where the pool is of another rank or size', async () => {
    const job = await workshop.trainJob();
    const [module] = workshop.model.modules;
    expect(await refused({ ...job, pool: await workshop.storePool(2, 6) })).toBe(
      `tensor ${module?.name}.expert.0.A is F32 [2, 256]; expected F32 [4, 256]`,
    );
    expect(await refused({ ...job, pool: await workshop.storePool(4, 5) })).toBe(
      `tensor ${module?.name}.expert.5.A is missing`,
    );
  });

  it('where the pool is no file of tensors', async () => {
    const job = await workshop.trainJob();
    const pool = await workshop.artifacts.put(new TextEncoder().encode('no tensors at all'));
    expect(await refused({ ...job, pool })).toMatch(/header of \d+ bytes exceeds the limit/);
  });

  it('where the pool was damaged on the disk', async () => {
    const job = await workshop.trainJob();
    const path = workshop.artifacts.path(job.pool);
    await appendFile(path, 'x');
    expect(await refused(job)).toMatch(`Artifact ${job.pool} is corrupt: its bytes have the digest`);
    await rm(path);
  });

  it('but is tried again where the pool is not there yet', async () => {
    const missing = thread.run({ ...(await workshop.trainJob()), pool: 'd'.repeat(64) }, ignore, signal());
    await expect(missing).rejects.toThrow(`Artifact ${'d'.repeat(64)} is missing`);
    await expect(missing).rejects.not.toBeInstanceOf(PermanentJobError);
  });
});

describe("a client's data", () => {
  it('are read again once they have changed, though the trainer goes on', async () => {
    const line = (input: number): string => JSON.stringify({ instruction: 'Say it.', input: `${input}`, output: 'y' });
    const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => line(index));
    const job = { ...workshop.baselineJob(), client: 'small' };
    const trainSize = async (): Promise<number> => (await thread.run(job, ignore, signal())).splits.train;
    await workshop.writeData('small', numbered(20));
    expect(await trainSize()).toBe(15);
    await writeFile(workshop.dataFile('small'), numbered(30).join('\n'));
    expect(await trainSize()).toBe(23);
  });
});

describe('a training thread', () => {
  const threads: TrainingThread[] = [];
  const started = (settings: ThreadSettings): TrainingThread => {
    const made = new TrainingThread(settings);
    threads.push(made);
    return made;
  };
  afterEach(() => Promise.all(threads.splice(0).map((made) => made.close())));

  it('runs one job at a time', async () => {
    const own = started(workshop.settings());
    const first = own.run(workshop.baselineJob(), ignore, signal());
    expect(() => own.run(workshop.baselineJob(), ignore, signal())).toThrow('the training thread runs a job already');
    expect((await first).seconds).toBeGreaterThan(0);
  });

  it('that is closed ends its job first; the next job has a thread of its own', async () => {
    const own = started(workshop.settings());
    const job = await workshop.trainJob({ stepsPerRound: 1_000_000 });
    const closing: Promise<void>[] = [];
    const close = ({ phase }: TrainingProgress): void => void (phase === 'training' && closing.push(own.close()));
    await expect(own.run(job, close, signal())).rejects.toThrow('the job was taken away');
    expect(closing.length).toBeGreaterThan(0);
    await Promise.all(closing);
    expect((await own.run(workshop.baselineJob(), ignore, signal())).splits.train).toBe(31);
  });

  it('that dies fails its job, which may be tried again, and no other job, though the next follows at once', async () => {
    const settings = { ...workshop.settings(), artifacts: null as unknown as ArtifactPlace };
    const own = started(settings);
    const dead = own.run(workshop.baselineJob(), ignore, signal());
    const next = dead.catch((error: Error) => {
      expect(error).not.toBeInstanceOf(PermanentJobError);
      settings.artifacts = workshop.settings().artifacts;
      return own.run(workshop.baselineJob(), ignore, signal()).then(({ splits }) => [error.message, splits.train]);
    });
    expect(await next).toEqual([expect.stringMatching(/properties of null \(reading 'kind'\)/), 31]);
  });

  it('that was never used closes, too', async () => {
    await expect(started(workshop.settings()).close()).resolves.toBeUndefined();
  });
});
