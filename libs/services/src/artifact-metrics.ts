/** What a process tells of the artifact store. */
import { openArtifacts, type ArtifactPlace, type ArtifactStore, type OnTransfer } from '@fedamole/artifacts';
import { Counter } from 'prom-client';
import type { Metrics } from './metrics.js';
import { pastSpan } from './tracing.js';

const spanNames = { read: 'fetch artifact', written: 'store artifact' } as const;

export interface ObservedArtifacts {
  readonly artifacts: ArtifactStore;
  /** To be told of transfers that others make, such as a thread with a store of its own. */
  readonly onTransfer: OnTransfer;
}

/** Opens the store; what goes through it is counted, and a span of what it is done for. */
export async function observedArtifacts(metrics: Metrics, place: ArtifactPlace): Promise<ObservedArtifacts> {
  const bytes = new Counter({
    name: 'fedamole_artifact_bytes_total',
    help: 'Bytes of artifacts that were read and written.',
    labelNames: ['direction'],
    registers: [metrics.registry],
  });
  for (const direction of ['read', 'written']) bytes.inc({ direction }, 0);
  const free = metrics.gauge(
    'fedamole_artifacts_free_bytes',
    "Bytes that may still be written to the artifacts' disk; absent where nobody can tell.",
  );
  const onTransfer: OnTransfer = (direction, count, milliseconds) => {
    bytes.inc({ direction }, count);
    const until = Date.now();
    pastSpan(spanNames[direction], until - milliseconds, until, { 'fedamole.bytes': count });
  };
  const artifacts = await openArtifacts(place, onTransfer);
  metrics.addSource({
    name: 'artifacts',
    gauges: [free],
    read: async () => {
      const value = await artifacts.freeBytes();
      return value === null ? [] : [{ gauge: free, value }];
    },
  });
  return { artifacts, onTransfer };
}
