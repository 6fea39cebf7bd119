import type { Database, EventStore } from '@fedamole/event-store';
import { federationStream, unplacedReasonOf } from '@fedamole/federation';
import type { Metrics, MetricSource } from '@fedamole/services';
import { foldStream } from '../commands/command-handler.js';
import { federationDecider } from '../commands/deciders.js';

/** From the events, so the same at every replica: jobs of running federations that were told to be unplaced and still are. */
export function unplacedSource(metrics: Metrics, pool: Database['pool'], store: EventStore): MetricSource {
  const unplaced = metrics.gauge('fedamole_unplaced_jobs', 'Jobs that are due and that no live trainer can run.');
  const countOf = async (id: string): Promise<number> => {
    const { state } = await foldStream(store, federationDecider, federationStream(id));
    if (state.status !== 'running') return 0;
    const round = state.rounds[state.round];
    if (!round) return 0;
    return Object.keys(round.unplaced).filter((client) => unplacedReasonOf(round, state.left, client) !== null).length;
  };
  return {
    name: 'unplaced-jobs',
    gauges: [unplaced],
    async read() {
      const { rows } = await pool.query<{ id: string }>(`SELECT id FROM federation_view WHERE status = 'running'`);
      const counts = await Promise.all(rows.map(({ id }) => countOf(id)));
      return [{ gauge: unplaced, value: counts.reduce((sum, count) => sum + count, 0) }];
    },
  };
}
