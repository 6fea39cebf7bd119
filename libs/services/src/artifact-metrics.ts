/** What a process tells of the artifact store. */
import { freeBytes, type OnTransfer } from '@fedamole/artifacts';
import { Counter } from 'prom-client';
import type { Metrics } from './metrics.js';

/** Returns what is to be told of every transfer. */
export function artifactMetrics(metrics: Metrics, folder: string): OnTransfer {
  const bytes = new Counter({
    name: 'fedamole_artifact_bytes_total',
    help: 'Bytes of artifacts that were read and written.',
    labelNames: ['direction'],
    registers: [metrics.registry],
  });
  for (const direction of ['read', 'written']) bytes.inc({ direction }, 0);
  const free = metrics.gauge(
    'fedamole_artifacts_free_bytes',
    "Bytes that may still be written to the artifacts' disk.",
  );
  metrics.addSource({
    name: 'artifacts',
    gauges: [free],
    read: async () => [{ gauge: free, value: await freeBytes(folder) }],
  });
  return (direction, count) => bytes.inc({ direction }, count);
}
