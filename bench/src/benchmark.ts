/** What every benchmark is. */
import type { Comparison } from './comparison.js';
import type { Options } from './options.js';

export interface BenchmarkContext {
  readonly options: Options;
  /** A line for the person who waits. */
  readonly say: (text: string) => void;
}

export interface Benchmark {
  readonly name: string;
  /** What is measured against what, in one line. */
  readonly summary: string;
  run(context: BenchmarkContext): Promise<Comparison>;
  /** Shows where the time of our side goes; only of benchmarks whose work is one session's. */
  profile?(context: BenchmarkContext): Promise<void>;
}
