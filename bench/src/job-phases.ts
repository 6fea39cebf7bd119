/** What a training job's time went into, from when the trainer said what. */
import type { TrainingProgress } from '@fedamole/queues';

/** A message of the training thread, with when it came, in seconds after the job was given to it. */
export interface Heard {
  readonly at: number;
  readonly phase: TrainingProgress['phase'];
}

export interface JobPhases {
  readonly total: number;
  readonly training: number;
  /** Losses and generation. */
  readonly evaluating: number;
  readonly embedding: number;
  /** All else: reading data, pool and model, switching to the client, storing what was trained. */
  readonly other: number;
}

/** @throws Error where a phase was not heard of */
export function jobPhases(heard: readonly Heard[], trainSeconds: number, total: number): JobPhases {
  const first = (phase: Heard['phase']): number =>
    found(
      heard.find((message) => message.phase === phase),
      phase,
    );
  const last = (phase: Heard['phase']): number =>
    found(
      heard.findLast((message) => message.phase === phase),
      phase,
    );
  const evaluating = first('embedding') - first('evaluating');
  const embedding = last('embedding') - first('embedding');
  const other = total - trainSeconds - evaluating - embedding;
  return { total, training: trainSeconds, evaluating, embedding, other };
}

function found(message: Heard | undefined, phase: string): number {
  if (message === undefined) throw new Error(`the training thread said nothing of the phase ${phase}`);
  return message.at;
}
