import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { trainingResult, type FederationConfigurationInput, type TrainingResult } from '@fedamole/federation';
import { HandedBackJobError, type TrainingProgress } from '@fedamole/queues';
import { Workshop, type TrainJob } from './test-workshop.fixture.js';
import { TrainingThread, type Keeping } from './training-thread.js';

let workshop: Workshop;
let first: TrainingThread;
let second: TrainingThread;
beforeAll(async () => {
  workshop = await Workshop.open();
  first = new TrainingThread(workshop.settings());
  second = new TrainingThread(workshop.settings());
});
afterAll(async () => {
  await Promise.all([first.close(), second.close()]);
  await workshop.close();
});

const STEPS = 12;
const jobOf = (changes: FederationConfigurationInput = {}): Promise<TrainJob> =>
  workshop.trainJob({ stepsPerRound: STEPS, maxNewTokens: 30, ...changes });

interface Outcome {
  /** Null where it was handed back. */
  readonly result: object | null;
  readonly checkpoints: readonly string[];
  readonly notes: readonly string[];
  readonly phases: ReadonlySet<string>;
}

/** Runs a job, from a checkpoint if any; `watch` may end the thread. */
async function ran(
  thread: TrainingThread,
  job: TrainJob,
  checkpoint: string | null = null,
  watch: (progress: TrainingProgress) => void = () => undefined,
): Promise<Outcome> {
  const checkpoints: string[] = [];
  const notes: string[] = [];
  const phases = new Set<string>();
  const onProgress = (progress: TrainingProgress): void => {
    phases.add(progress.phase);
    watch(progress);
  };
  const keeping = {
    checkpoint,
    record: async (digest: string) => void checkpoints.push(digest),
    onNote: ({ message }: { message: string }) => void notes.push(message),
  };
  const result = await thread.run(job, onProgress, new AbortController().signal, keeping).then(
    (done) => timeless(trainingResult.parse(done)),
    (error: unknown) => {
      if (error instanceof HandedBackJobError) return null;
      throw error;
    },
  );
  return { result, checkpoints, notes, phases };
}

/** What two runs of a job have in common: all but the time that they took. */
const timeless = (result: TrainingResult): object => ({ ...result, seconds: 0, trainSeconds: 0 });

const amid = (phase: TrainingProgress['phase'], step: number) => (progress: TrainingProgress) => {
  if (progress.phase === phase && progress.step >= step) first.end(Date.now());
};

describe('a training job whose trainer is told to stop', () => {
  const earlyStopping = { evaluateEvery: 1, patience: 3 };
  const options = { gradientAccumulationSteps: 2, weightDecay: 0.1, warmupSteps: 2, maxGradientNorm: 0.5 };
  it.each<[string, TrainingProgress['phase'], number, FederationConfigurationInput, RegExp]>([
    ['amid its steps', 'training', 2, {}, /after step \d+$/],
    ['amid steps with every option in use', 'training', 2, { ...options, groupByLength: true }, /after step \d+$/],
    ['amid steps or evaluations of early stopping', 'training', 2, { earlyStopping }, /after step \d+$/],
    ['amid its evaluation', 'evaluating', 1, {}, /after the end of its training$/],
    ['amid its answers', 'generating', 0, {}, /after the end of its training$/],
  ])('%s goes on at another one, and has the artifacts and numbers of one that was left alone', async (...row) => {
    const [, phase, step, changes, place] = row;
    const job = await jobOf(changes);
    const undisturbed = await ran(second, job);
    const left = await ran(first, job, null, amid(phase, step));
    expect(left.result).toBeNull();
    const checkpoint = left.checkpoints.at(-1) as string;
    const continued = await ran(second, job, checkpoint);
    expect(continued.result).toEqual(undisturbed.result);
    expect(continued.notes).toEqual([expect.stringMatching(place)]);
    expect(continued.phases.has('training')).toBe(phase === 'training');
  });

  it('amid the measurements of round 0 goes on with those that are left', async () => {
    const job = workshop.baselineJob({ maxNewTokens: 30 });
    const run = (
      thread: TrainingThread,
      keeping?: Keeping,
      watch: (progress: TrainingProgress) => void = () => undefined,
    ) => thread.run(job, watch, new AbortController().signal, keeping).then((result) => ({ ...result, seconds: 0 }));
    const undisturbed = await run(second);
    const checkpoints: string[] = [];
    const notes: string[] = [];
    const keeping: Keeping = {
      checkpoint: null,
      record: async (digest) => void checkpoints.push(digest),
      onNote: ({ message }) => void notes.push(message),
    };
    await expect(run(first, keeping, amid('generating', 0))).rejects.toBeInstanceOf(HandedBackJobError);
    expect(checkpoints).toHaveLength(1);
    expect(await run(second, { ...keeping, checkpoint: checkpoints[0] as string })).toEqual(undisturbed);
    expect(notes).toEqual([expect.stringMatching(/, after validationLoss, testLoss, choiceAccuracy$/)]);
  });

  it('is done where that takes less than the time that is left', async () => {
    const job = await jobOf({ stepsPerRound: 3 });
    const inAMinute = ({ phase }: TrainingProgress): void =>
      void (phase === 'training' && first.end(Date.now() + 60_000));
    const { result, checkpoints } = await ran(first, job, null, inAMinute);
    expect(result).not.toBeNull();
    expect(checkpoints).toEqual([]);
  });

  it('leaves at once where its steps would take longer than that', async () => {
    const job = await jobOf({ stepsPerRound: 1_000_000 });
    const inAMinute = ({ phase }: TrainingProgress): void =>
      void (phase === 'training' && first.end(Date.now() + 60_000));
    const { result, checkpoints } = await ran(first, job, null, inAMinute);
    expect(result).toBeNull();
    expect(checkpoints).toHaveLength(1);
  });

  it('keeps nothing where checkpoints are switched off', async () => {
    const none = new TrainingThread({ ...workshop.settings(), checkpointSeconds: 0 });
    const watch = ({ phase }: TrainingProgress): void => void (phase === 'training' && none.end(Date.now()));
    const { result, checkpoints } = await ran(none, await jobOf(), null, watch).finally(() => none.close());
    expect([result, checkpoints]).toEqual([null, []]);
  });
});

describe('a training job that keeps checkpoints as it goes', () => {
  it('may go on from any of them', async () => {
    const eager = new TrainingThread({ ...workshop.settings(), checkpointSeconds: 1e-6 });
    const job = await jobOf({ stepsPerRound: 4, earlyStopping: { evaluateEvery: 2, patience: 2 } });
    const { result, checkpoints } = await ran(eager, job).finally(() => eager.close());
    // after every step, after training and after each of four measurements
    expect(new Set(checkpoints).size).toBe(4 + 1 + 4);
    const places: string[] = [];
    for (const checkpoint of checkpoints) {
      const continued = await ran(second, job, checkpoint);
      expect(continued.result).toEqual(result);
      places.push(...continued.notes.map((note) => note.replace(/^.*, after /, '')));
    }
    const end = 'the end of its training';
    expect(places).toEqual(['step 1', 'step 2', 'step 3', 'step 4', end, end, end, end, end]);
  });
});

describe('a checkpoint is refused, and the job begins anew,', () => {
  let job: TrainJob;
  let undisturbed: object | null;
  let checkpoint: string;
  beforeAll(async () => {
    job = await jobOf();
    undisturbed = (await ran(second, job)).result;
    checkpoint = (await ran(first, job, null, amid('training', 2))).checkpoints.at(-1) as string;
  });

  it('where it is not there, or damaged, or no checkpoint', async () => {
    const missing = 'e'.repeat(64);
    const damaged = await workshop.artifacts.put(
      await workshop.artifacts.get(checkpoint).then((bytes) => bytes.slice(1)),
    );
    await writeFile(workshop.artifacts.path(damaged), 'other bytes');
    const truncated = await workshop.artifacts.put((await workshop.artifacts.get(checkpoint)).slice(0, 5000));
    const reasons = [/is missing$/, /is corrupt: /, /checkpoint: /, /it is of another job/];
    for (const [index, digest] of [missing, damaged, truncated, job.pool].entries()) {
      const { result, notes } = await ran(second, job, digest);
      expect(notes).toEqual([expect.stringMatching(`^begins anew: checkpoint ${digest} is refused: `)]);
      expect(notes[0]).toMatch(reasons[index] as RegExp);
      expect(result).toEqual(undisturbed);
    }
  });

  it('where it is of another job or of other settings', async () => {
    const { configuration } = job;
    const others = [
      { ...job, round: 2 },
      { ...job, client: 'hospital-triage' },
      { ...job, attempt: 2 },
      { ...job, configuration: { ...configuration, seed: 7 } },
    ];
    for (const other of others) {
      const { result, notes } = await ran(second, other, checkpoint);
      expect(notes).toEqual([expect.stringMatching(/is refused: it is of another job, or of one with other settings/)]);
      expect(result).toEqual((await ran(second, other)).result);
    }
  });

  it("where the client's data have changed", async () => {
    const line = (input: number): string => JSON.stringify({ instruction: 'Say it.', input: `${input}`, output: 'y' });
    await workshop.writeData(
      'call-notes',
      Array.from({ length: 40 }, (_, input) => line(input)),
    );
    const { notes } = await ran(second, job, checkpoint);
    expect(notes).toEqual([
      expect.stringMatching(/is refused: it is of another job, or of one with other settings, data/),
    ]);
  });
});
