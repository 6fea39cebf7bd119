/** What the api tells Prometheus beside its own process and artifacts: queues, the log and its readers, federations. */
import type { Metrics } from '@fedamole/services';
import type { Platform } from '../platform/platform.js';
import { federationSource } from './federation-source.js';
import { logSource } from './log-source.js';
import { queueSource } from './queue-source.js';
import { unplacedSource } from './unplaced-source.js';
import { workerSource } from './worker-source.js';

export function platformMetrics({ database, store, queues, replays, workers, metrics }: Platform): Metrics {
  metrics.addSource(logSource(metrics, database.pool));
  metrics.addSource(federationSource(metrics, database.pool));
  const allQueues = async () => [...(await queues.training.all()), queues.aggregation, replays];
  metrics.addSource(queueSource(metrics, allQueues));
  metrics.addSource(workerSource(metrics, workers));
  metrics.addSource(unplacedSource(metrics, database.pool, store));
  return metrics;
}
