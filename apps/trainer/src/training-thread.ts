/** The main thread's side of the training thread: one job at a time; a thread that dies fails its job and is replaced. */
import { AsyncResource } from 'node:async_hooks';
import { Worker } from 'node:worker_threads';
import type { OnTransfer } from '@fedamole/artifacts';
import type { BaselineResult, TrainingResult } from '@fedamole/federation';
import {
  HandedBackJobError,
  PermanentJobError,
  PostponedJobError,
  type TrainingJob,
  type TrainingProgress,
} from '@fedamole/queues';
import type { Note } from './thread/job-control.js';
import type { FailureKind, FromThread, ThreadSettings, ToThread } from './thread/messages.js';

const errors: Record<FailureKind, new (message: string) => Error> = {
  passing: Error,
  permanent: PermanentJobError,
  'storage-away': PostponedJobError,
  'handed-back': HandedBackJobError,
};

/** Where a job's checkpoints come from and go to. */
export interface Keeping {
  /** Digest of what the job is gone on with from; null where it begins. */
  readonly checkpoint: string | null;
  /** Remembers one that was stored; the job ends after it has, whatever comes of it. */
  readonly record: (digest: string) => Promise<void>;
  readonly onNote: (note: Note) => void;
}

const nothingKept: Keeping = { checkpoint: null, record: async () => undefined, onNote: () => undefined };

interface Running {
  resolve(result: BaselineResult | TrainingResult): void;
  reject(error: Error): void;
  onProgress(progress: TrainingProgress): void;
  readonly keeping: Keeping;
  /** Resolves once every checkpoint so far was recorded, or could not be. */
  recorded: Promise<void>;
  readonly onTransfer: OnTransfer;
}

export class TrainingThread {
  private worker: Worker | null = null;
  private running: Running | null = null;
  /** Resolves when no job runs any more, however it ended. */
  private idle: Promise<unknown> = Promise.resolve();

  /** `onTransfer` is told of artifacts that the thread reads and writes. */
  constructor(
    private readonly settings: ThreadSettings,
    private readonly onTransfer: OnTransfer = () => undefined,
  ) {}

  /**
   * Rejects with a PermanentJobError where trying again would end the same way, with a PostponedJobError where storage has
   * no room or is away, with a HandedBackJobError after `end`, and when `signal` aborts.
   */
  run(
    job: TrainingJob,
    onProgress: (progress: TrainingProgress) => void,
    signal: AbortSignal,
    keeping: Keeping = nothingKept,
  ): Promise<BaselineResult | TrainingResult> {
    if (this.running !== null) throw new Error('the training thread runs a job already');
    signal.throwIfAborted();
    const worker = (this.worker ??= this.start());
    const say = (message: ToThread): void => worker.postMessage(message);
    const abort = (): void => say({ type: 'abort' });
    signal.addEventListener('abort', abort, { once: true });
    const result = new Promise<BaselineResult | TrainingResult>((resolve, reject) => {
      // what the thread says belongs to the job, and so to its trace
      const bound = { onProgress: AsyncResource.bind(onProgress), onTransfer: AsyncResource.bind(this.onTransfer) };
      this.running = { resolve, reject, ...bound, keeping, recorded: Promise.resolve() };
      say({ type: 'run', job, checkpoint: keeping.checkpoint });
    }).finally(() => {
      this.running = null;
      signal.removeEventListener('abort', abort);
    });
    this.idle = result.catch(() => undefined);
    return result;
  }

  get isBusy(): boolean {
    return this.running !== null;
  }

  /** A running job that is not done by then, in milliseconds since 1970, keeps a checkpoint and is handed back. */
  end(until: number): void {
    this.worker?.postMessage({ type: 'end', until } satisfies ToThread);
  }

  /** Stops a running job first: a thread that is terminated while ONNX Runtime computes takes the whole process with it. */
  async close(): Promise<void> {
    const worker = this.worker;
    worker?.postMessage({ type: 'abort' } satisfies ToThread);
    await this.idle;
    await worker?.terminate();
  }

  private start(): Worker {
    const worker = new Worker(new URL('./thread/thread.js', import.meta.url), { workerData: this.settings });
    worker.on('message', (message: FromThread) => this.receive(message));
    worker.on('error', (error) => this.lost(worker, error instanceof Error ? error : new Error(String(error))));
    worker.on('exit', (code) => this.lost(worker, new Error(`the training thread ended with status ${code}`)));
    return worker;
  }

  private receive(message: FromThread): void {
    const { running } = this;
    switch (message.type) {
      case 'transferred':
        return (running?.onTransfer ?? this.onTransfer)(message.direction, message.bytes, message.milliseconds);
      case 'progress':
        return running?.onProgress(message.progress);
      case 'note':
        return running?.keeping.onNote(message.note);
      case 'checkpoint':
        if (running) running.recorded = running.recorded.then(() => recorded(running.keeping, message.digest));
        return;
      case 'done':
        return void running?.recorded.then(() => running.resolve(message.result));
      case 'failed':
        return void running?.recorded.then(() => running.reject(new errors[message.kind](message.message)));
    }
  }

  /** A thread that fails also ends, a little later: by then another may run the next job. */
  private lost(worker: Worker, error: Error): void {
    if (this.worker !== worker) return;
    this.worker = null;
    this.running?.reject(error);
  }
}

/** A checkpoint that cannot be recorded is no use to anybody, and no reason to end the job. */
async function recorded({ record, onNote }: Keeping, digest: string): Promise<void> {
  try {
    await record(digest);
  } catch (error) {
    onNote({ level: 'warn', message: `checkpoint ${digest} was not recorded: ${String(error)}` });
  }
}
