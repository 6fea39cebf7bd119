/** What the trainer's main thread and its training thread say to each other. */
import type { ArtifactPlace } from '@fedamole/artifacts';
import type { BaselineResult, TrainingResult } from '@fedamole/federation';
import type { TrainingJob, TrainingProgress } from '@fedamole/queues';
import type { Device } from '@fedamole/training';

/** What the thread is started with. */
export interface ThreadSettings {
  readonly clients: Readonly<Record<string, string>>;
  readonly modelsFolder: string;
  readonly weightsFolder: string;
  readonly artifacts: ArtifactPlace;
  readonly threads: number;
  readonly device: Device;
}

export type ToThread = { readonly type: 'run'; readonly job: TrainingJob } | { readonly type: 'abort' };

export type FromThread =
  | { readonly type: 'progress'; readonly progress: TrainingProgress }
  | {
      readonly type: 'transferred';
      readonly direction: 'read' | 'written';
      readonly bytes: number;
      readonly milliseconds: number;
    }
  | { readonly type: 'done'; readonly result: BaselineResult | TrainingResult }
  | { readonly type: 'failed'; readonly message: string; readonly kind: FailureKind };

/** What to do with a job that failed: try it again, never, or once storage is back, which is no failed attempt. */
export type FailureKind = 'passing' | 'permanent' | 'storage-away';
