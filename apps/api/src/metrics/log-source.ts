import type { Database } from '@fedamole/event-store';
import type { Metrics, MetricSource } from '@fedamole/services';

interface ReaderRow {
  reader: string;
  end: string;
  lag: string;
}

/** Where the log ends, and how many events its two readers have not seen yet. */
export function logSource(metrics: Metrics, pool: Database['pool']): MetricSource {
  const position = metrics.gauge('fedamole_event_log_position', 'Position of the last event.');
  const lag = metrics.gauge('fedamole_event_reader_lag_events', 'Events that a reader has not seen yet.', ['reader']);
  return {
    name: 'event-log',
    gauges: [position, lag],
    async read() {
      const { rows } = await pool.query<ReaderRow>(
        `SELECT reader, event_head.position::text AS end, (event_head.position - coalesce(checkpoint.position, 0))::text AS lag
         FROM event_head CROSS JOIN unnest(ARRAY['read-models', 'round-process']) AS reader
         LEFT JOIN checkpoint ON checkpoint.name = reader`,
      );
      return rows.flatMap((row) => [
        { gauge: position, value: Number(row.end) },
        { gauge: lag, labels: { reader: row.reader }, value: Number(row.lag) },
      ]);
    },
  };
}
