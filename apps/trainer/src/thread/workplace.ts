/** What jobs are done with. */
import type { ArtifactStore } from '@fedamole/artifacts';
import type { Tokenizer } from '@fedamole/datasets';
import type { WeightForm } from '@fedamole/federation';
import type { Device, Engine } from '@fedamole/training';
import type { ClientDataCache, ClientSplits } from './client-data.js';
import type { EngineCache } from './engine-cache.js';
import type { Ending } from './ending.js';
import type { JobCheckpoints } from './job-checkpoints.js';
import type { ModelPlaces } from './model-places.js';
import type { Report } from './progress.js';
import type { StepTimes } from './step-time.js';

/** A trainer's, for all jobs. */
export interface Workplace {
  readonly artifacts: ArtifactStore;
  readonly data: ClientDataCache;
  readonly models: ModelPlaces;
  readonly engines: EngineCache;
  readonly stepTimes: StepTimes;
  /** Seconds between two checkpoints of a training job; 0: it has none. */
  readonly checkpointSeconds: number;
}

/** One job's, once everything that it names was found. */
export interface Prepared {
  readonly device: Device;
  /** Over the federation's modules, with the frozen weights in a form; the engine that was asked for before is released. */
  readonly engine: (form: WeightForm) => Promise<Engine>;
  readonly tokenizer: Tokenizer;
  readonly splits: ClientSplits;
  readonly maxLength: number;
  readonly report: Report;
  readonly ending: Ending;
  readonly checkpoints: JobCheckpoints;
}
