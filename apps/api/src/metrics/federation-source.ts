/**
 * Figures of federations, from their events and read models: the same at every replica, and after every restart. Labels
 * are identifiers of the few federations that are under way, or ended a moment ago; no names, and nobody's clients.
 */
import type { Database } from '@fedamole/event-store';
import { federationStatuses } from '@fedamole/federation';
import type { Metrics, MetricSource, Sample } from '@fedamole/services';
import { recentFederations } from './recent-federations.js';

export function federationSource(metrics: Metrics, pool: Database['pool']): MetricSource {
  const byStatus = metrics.gauge('fedamole_federations', 'Federations by status.', ['status']);
  const figure = (name: string, help: string) => metrics.gauge(`fedamole_federation_${name}`, help, ['federation']);
  const round = figure('round', 'The round that is under way.');
  const age = figure('round_age_seconds', 'Since the present round of a running federation started.');
  const duration = figure('last_round_duration_seconds', 'From the start of the last ended round to its end.');
  const validationLoss = figure('validation_loss', 'Of the last closed round, the mean over its clients, in nats.');
  const testLoss = figure('test_loss', 'Of the last closed round, the mean over its clients, in nats.');
  const speed = figure('tokens_per_second', 'Of one client that trains, over the last two rounds.');

  const countByStatus = async (): Promise<Sample[]> => {
    const { rows } = await pool.query<{ status: string; count: string }>(
      'SELECT status, count(*)::text AS count FROM federation_view GROUP BY status',
    );
    const counts = new Map(rows.map(({ status, count }) => [status, Number(count)]));
    return federationStatuses.map((status) => ({
      gauge: byStatus,
      labels: { status },
      value: counts.get(status) ?? 0,
    }));
  };
  const figuresOfRecent = async (): Promise<Sample[]> => {
    const federations = await recentFederations(pool);
    return federations.flatMap((found) => {
      const values = [
        { gauge: round, value: found.round },
        { gauge: age, value: found.round_age },
        { gauge: duration, value: found.last_round_duration },
        { gauge: validationLoss, value: found.validation_loss },
        { gauge: testLoss, value: found.test_loss },
        { gauge: speed, value: found.tokens_per_second },
      ];
      const labels = { federation: found.id };
      return values.flatMap(({ gauge, value }) => (value === null ? [] : [{ gauge, labels, value }]));
    });
  };
  return {
    name: 'federations',
    gauges: [byStatus, round, age, duration, validationLoss, testLoss, speed],
    read: async () => (await Promise.all([countByStatus(), figuresOfRecent()])).flat(),
  };
}
