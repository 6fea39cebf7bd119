/** How long a training step takes with an engine on this machine: what forms of frozen weights are compared by. */
import type { Parameters } from '@fedamole/mole';
import { makeBatch, type Batch, type Engine, type Sequence } from '@fedamole/training';
import type { Report } from './progress.js';

/** Timed after one more, in which the session is made. */
const TIMED_STEPS = 5;

/** Median seconds of a step on this batch. Parameters stay as they are. */
export async function secondsPerStep(
  engine: Engine,
  parameters: Parameters,
  batch: Batch,
  report: Report,
): Promise<number> {
  const seconds: number[] = [];
  for (let step = 0; step <= TIMED_STEPS; step += 1) {
    report({ phase: 'comparing', step, steps: TIMED_STEPS });
    const began = performance.now();
    await engine.trainingStep(parameters, batch, () => 1);
    seconds.push((performance.now() - began) / 1000);
  }
  const sorted = seconds.slice(1).sort((a, b) => a - b);
  return sorted[sorted.length >> 1] as number;
}

/** A batch of those examples whose length is in the middle of all. */
export function typicalBatch(examples: readonly Sequence[], batchSize: number, padTokenId: number): Batch {
  const sorted = [...examples].sort((a, b) => a.ids.length - b.ids.length);
  const start = Math.max(0, (sorted.length - batchSize) >> 1);
  return makeBatch(sorted.slice(start, start + batchSize), padTokenId);
}

/** Measured times by what was measured: each is measured once in a trainer's life. */
export class StepTimes {
  private readonly known = new Map<string, number>();

  async of(key: string, measure: () => Promise<number>): Promise<number> {
    const seconds = this.known.get(key) ?? (await measure());
    this.known.set(key, seconds);
    return seconds;
  }
}
