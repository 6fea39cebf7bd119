/** The main thread's side of the training thread: one job at a time; a thread that dies fails its job and is replaced. */
import { AsyncResource } from 'node:async_hooks';
import { Worker } from 'node:worker_threads';
import type { OnTransfer } from '@fedamole/artifacts';
import type { BaselineResult, TrainingResult } from '@fedamole/federation';
import { PermanentJobError, PostponedJobError, type TrainingJob, type TrainingProgress } from '@fedamole/queues';
import type { FailureKind, FromThread, ThreadSettings, ToThread } from './thread/messages.js';

const errors: Record<FailureKind, new (message: string) => Error> = {
  passing: Error,
  permanent: PermanentJobError,
  'storage-away': PostponedJobError,
};

interface Running {
  resolve(result: BaselineResult | TrainingResult): void;
  reject(error: Error): void;
  onProgress(progress: TrainingProgress): void;
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
   * no room or is away, and when `signal` aborts.
   */
  run(
    job: TrainingJob,
    onProgress: (progress: TrainingProgress) => void,
    signal: AbortSignal,
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
      this.running = { resolve, reject, ...bound };
      say({ type: 'run', job });
    }).finally(() => {
      this.running = null;
      signal.removeEventListener('abort', abort);
    });
    this.idle = result.catch(() => undefined);
    return result;
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
    if (message.type === 'progress') this.running?.onProgress(message.progress);
    else if (message.type === 'transferred')
      this.running?.onTransfer(message.direction, message.bytes, message.milliseconds);
    else if (message.type === 'done') this.running?.resolve(message.result);
    else this.running?.reject(new errors[message.kind](message.message));
  }

  /** A thread that fails also ends, a little later: by then another may run the next job. */
  private lost(worker: Worker, error: Error): void {
    if (this.worker !== worker) return;
    this.worker = null;
    this.running?.reject(error);
  }
}
