import type { JobQueue } from '@fedamole/queues';
import type { Metrics, MetricSource, Sample } from '@fedamole/services';

/** Every replica sees the same queues: take the maximum over replicas, not the sum. */
export function queueSource(metrics: Metrics, queues: () => Promise<readonly JobQueue[]>): MetricSource {
  const jobs = metrics.gauge('fedamole_queue_jobs', 'Jobs by state; delayed ones are retried, or wait for storage.', [
    'queue',
    'state',
  ]);
  const age = metrics.gauge(
    'fedamole_queue_oldest_job_age_seconds',
    'Since the job that has waited longest was added; 0 where none waits.',
    ['queue'],
  );
  const samplesOf = async (queue: JobQueue): Promise<Sample[]> => {
    const load = await queue.load();
    const labels = { queue: queue.name };
    const waited = load.oldestAddedAt === null ? 0 : Math.max(0, Date.now() - load.oldestAddedAt) / 1000;
    const counted = Object.entries(load.jobs).map(([state, value]) => ({
      gauge: jobs,
      labels: { ...labels, state },
      value,
    }));
    return [...counted, { gauge: age, labels, value: waited }];
  };
  return {
    name: 'queue',
    gauges: [jobs, age],
    read: async () => (await Promise.all((await queues()).map(samplesOf))).flat(),
  };
}
