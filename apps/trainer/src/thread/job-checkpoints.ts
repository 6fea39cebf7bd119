/** One job's checkpoints: from which it is gone on with, and which it leaves. */
import { createHash } from 'node:crypto';
import {
  ArtifactNotStoredError,
  CorruptArtifactError,
  MisplacedArtifactError,
  MissingArtifactError,
  OversizedArtifactError,
  type ArtifactStore,
} from '@fedamole/artifacts';
import type { Parameters } from '@fedamole/mole';
import type { TrainingJob } from '@fedamole/queues';
import { SafetensorsError } from '@fedamole/safetensors';
import type { Device } from '@fedamole/training';
import { CheckpointError, decodeCheckpoint, encodeCheckpoint, type Checkpoint } from './checkpoint-file.js';
import type { ClientSplits } from './client-data.js';
import type { JobControl } from './job-control.js';

/** Raised when a checkpoint of an earlier release cannot be gone on with any more. */
const VERSION = 1;

/** Beside four tensors a parameter: the header and the metadata. */
const MOST_OTHER_BYTES = 2 ** 24;

const refusals = [
  CheckpointError,
  CorruptArtifactError,
  MisplacedArtifactError,
  MissingArtifactError,
  OversizedArtifactError,
  SafetensorsError,
];

export interface CheckpointedJob {
  readonly job: TrainingJob;
  readonly device: Device;
  readonly splits: ClientSplits;
}

export class JobCheckpoints {
  private keptAt = performance.now();
  private known: string | null = null;

  /** One is due where the last is `interval` seconds old; never where that is 0. */
  constructor(
    private readonly artifacts: ArtifactStore,
    private readonly interval: number,
    private readonly of: CheckpointedJob,
    private readonly control: Pick<JobControl, 'checkpoint' | 'onCheckpoint' | 'onNote'>,
  ) {}

  /** What the job was handed over with, for these parameters; null where it begins, also because that is not there, or not this job's. */
  async resume(parameters: Parameters = new Map()): Promise<Checkpoint | null> {
    const { checkpoint: digest, onNote } = this.control;
    if (digest === null) return null;
    try {
      const bytes = await this.artifacts.get(digest, 4 * bytesOf(parameters) + MOST_OTHER_BYTES);
      const checkpoint = decodeCheckpoint(bytes, this.identity(), parameters);
      onNote({ level: 'info', message: `goes on from checkpoint ${digest}, after ${placeOf(checkpoint)}` });
      return checkpoint;
    } catch (error) {
      if (!refusals.some((kind) => error instanceof kind)) throw error;
      const { message } = error as Error;
      onNote({ level: 'warn', message: `begins anew: checkpoint ${digest} is refused: ${message}` });
      return null;
    }
  }

  async keepIfDue(checkpoint: () => Checkpoint): Promise<void> {
    if (performance.now() - this.keptAt >= this.interval * 1000) await this.keep(checkpoint);
  }

  /** Stores one, unless they are switched off. A store that cannot take it ends no job: the checkpoint before stays. */
  async keep(checkpoint: () => Checkpoint): Promise<void> {
    if (this.interval === 0) return;
    this.keptAt = performance.now();
    try {
      this.control.onCheckpoint(await this.artifacts.put(encodeCheckpoint(checkpoint(), this.identity())));
    } catch (error) {
      if (!(error instanceof ArtifactNotStoredError)) throw error;
      this.control.onNote({ level: 'warn', message: `a checkpoint was not kept: ${error.message}` });
    }
  }

  /** Of everything that the job's artifacts and numbers depend on. */
  private identity(): string {
    if (this.known !== null) return this.known;
    const { job, device, splits } = this.of;
    const hash = createHash('sha256').update(JSON.stringify([VERSION, { ...job, traceparent: undefined }, device]));
    for (const part of [splits.train, splits.embedding, splits.validation, splits.test]) {
      hash.update(`${part.length}\n`);
      for (const example of part) hash.update(JSON.stringify(example));
    }
    return (this.known = hash.digest('hex'));
  }
}

function placeOf(checkpoint: Checkpoint): string {
  switch (checkpoint.stage) {
    case 'training':
      return `step ${checkpoint.state.step}`;
    case 'trained':
      return 'the end of its training';
    case 'measuring':
      return Object.keys(checkpoint.measured).join(', ');
  }
}

const bytesOf = (parameters: Parameters): number =>
  [...parameters.values()].reduce((sum, { values }) => sum + values.byteLength, 0);
