import type { WorkerDirectory } from '@fedamole/queues';
import type { Metrics, MetricSource } from '@fedamole/services';
import { problemsOf } from '../workers/pool-problems.js';

/** Every replica sees the same workers: take the maximum over replicas, not the sum. */
export function workerSource(metrics: Metrics, workers: WorkerDirectory): MetricSource {
  const live = metrics.gauge('fedamole_workers', 'Workers that show signs of life.', ['kind']);
  const problems = metrics.gauge('fedamole_pool_problems', 'How often trainers of one pool differ in what they can.');
  return {
    name: 'workers',
    gauges: [live, problems],
    async read() {
      if (workers.watchedFor === null) throw new Error('the queue is away: who lives is not known');
      const counted = (['trainer', 'aggregator'] as const).map((kind) => ({
        gauge: live,
        labels: { kind },
        value: workers.live.filter((worker) => worker.kind === kind).length,
      }));
      return [...counted, { gauge: problems, value: problemsOf(workers.trainers).length }];
    },
  };
}
