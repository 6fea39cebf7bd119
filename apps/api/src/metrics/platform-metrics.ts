/** What the api tells Prometheus beside its own process and artifacts: queues, the log and its readers, federations. */
import type { Metrics } from '@fedamole/services';
import type { Platform } from '../platform/platform.js';
import { federationSource } from './federation-source.js';
import { logSource } from './log-source.js';
import { queueSource } from './queue-source.js';

export function platformMetrics({ database, queues, replays, metrics }: Platform): Metrics {
  metrics.addSource(logSource(metrics, database.pool));
  metrics.addSource(federationSource(metrics, database.pool));
  metrics.addSource(queueSource(metrics, [queues.training, queues.aggregation, replays]));
  return metrics;
}
