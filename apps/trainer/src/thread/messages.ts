/** What the trainer's main thread and its training thread say to each other. */
import type { ArtifactPlace } from '@fedamole/artifacts';
import type { BaselineResult, TrainingResult } from '@fedamole/federation';
import type { TrainingJob, TrainingProgress } from '@fedamole/queues';
import type { Device } from '@fedamole/training';
import type { Note } from './job-control.js';

/** What the thread is started with. */
export interface ThreadSettings {
  readonly clients: Readonly<Record<string, string>>;
  readonly modelsFolder: string;
  /** Of models that are not there. */
  readonly modelsCache: { readonly folder: string; readonly maximumBytes: number };
  readonly weightsFolder: string;
  readonly artifacts: ArtifactPlace;
  readonly threads: number;
  readonly device: Device;
  /** Between two checkpoints of a training job; 0: it has none. */
  readonly checkpointSeconds: number;
}

export type ToThread =
  | { readonly type: 'run'; readonly job: TrainingJob; readonly checkpoint: string | null }
  | { readonly type: 'abort' }
  /** The job is handed back unless it is done by then, in milliseconds since 1970. */
  | { readonly type: 'end'; readonly until: number };

export type FromThread =
  | { readonly type: 'progress'; readonly progress: TrainingProgress }
  | {
      readonly type: 'transferred';
      readonly direction: 'read' | 'written';
      readonly bytes: number;
      readonly milliseconds: number;
    }
  | { readonly type: 'checkpoint'; readonly digest: string }
  | { readonly type: 'note'; readonly note: Note }
  | { readonly type: 'done'; readonly result: BaselineResult | TrainingResult }
  | { readonly type: 'failed'; readonly message: string; readonly kind: FailureKind };

/**
 * What to do with a job that failed: try it again, never, once storage is back, or at another trainer; the last two are no
 * failed attempts.
 */
export type FailureKind = 'passing' | 'permanent' | 'storage-away' | 'handed-back';
