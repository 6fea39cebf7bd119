/** What a federation costs beside training: rounds, results and readings in time, and memory, for a hundred clients and a thousand. */
import { BenchmarkError } from './benchmark-error.js';
import type { Benchmark } from './benchmark.js';
import { coordinate, type Coordinated } from './coordinated-federation.js';

const FEW = 100;
const MANY = 1000;

export const coordination: Benchmark = {
  name: 'coordination',
  summary: 'peak memory of api or aggregator, whichever grows more, at 1,000 clients that train at once; rival: at 100',
  run: async ({ say }) => {
    const few = await coordinate(FEW);
    say(described(FEW, few));
    const many = await coordinate(MANY);
    say(described(MANY, many));
    const [grown, form] =
      many.apiBytes / few.apiBytes > many.aggregatorBytes / few.aggregatorBytes
        ? (['apiBytes', 'api'] as const)
        : (['aggregatorBytes', 'aggregator'] as const);
    if (few[grown] === 0) {
      throw new BenchmarkError('this system does not say how much memory a process held (VmHWM)');
    }
    return {
      unit: 'MB',
      ours: { value: many[grown] / 1e6, form: `${form}, ${MANY} clients` },
      rival: { value: few[grown] / 1e6, form: `${form}, ${FEW} clients` },
    };
  },
};

function described(clients: number, run: Coordinated): string {
  const { rounds, results, seconds, readingMilliseconds, readings, apiBytes, aggregatorBytes } = run;
  return [
    `${clients} clients, ${rounds} rounds: ${((60 * rounds) / seconds).toFixed(1)} rounds a minute`,
    `${(results / seconds).toFixed(0)} client results a second`,
    `reading the federation 99 % within ${readingMilliseconds.toFixed(0)} ms (${readings} readings)`,
    `peak of memory api ${(apiBytes / 1e6).toFixed(0)} MB, aggregator ${(aggregatorBytes / 1e6).toFixed(0)} MB`,
  ].join(', ');
}
