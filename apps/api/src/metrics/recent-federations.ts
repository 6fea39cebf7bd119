import type { Database } from '@fedamole/event-store';

/** Federations at most, the newest: every one is some more time series. */
const most = 20;

/** Null where nothing is known yet. Durations in seconds, losses in nats. */
export interface FederationFigures {
  readonly id: string;
  readonly round: number;
  readonly round_age: number | null;
  readonly last_round_duration: number | null;
  readonly validation_loss: number | null;
  readonly test_loss: number | null;
  readonly tokens_per_second: number | null;
}

/**
 * Of federations that are under way or ended within a quarter of an hour. A stream is read backwards and no further than
 * its last two rounds, however long it is.
 */
export async function recentFederations(pool: Database['pool']): Promise<FederationFigures[]> {
  const { rows } = await pool.query<FederationFigures>(
    `WITH recent AS (
       SELECT id, round, status FROM federation_view
       WHERE status IN ('running', 'paused') OR finished_at > now() - interval '15 minutes'
       ORDER BY position DESC LIMIT $1
     )
     SELECT recent.id, recent.round, rounds.round_age, rounds.last_round_duration,
       losses.validation_loss, losses.test_loss, speed.tokens_per_second
     FROM recent
     CROSS JOIN LATERAL (
       SELECT min(version) AS first_version,
         CASE WHEN recent.status = 'running' THEN extract(epoch FROM now() - max(recorded_at))::float8 END AS round_age,
         CASE WHEN count(*) = 2 THEN extract(epoch FROM max(recorded_at) - min(recorded_at))::float8 END
           AS last_round_duration
       FROM (
         SELECT version, recorded_at FROM event
         WHERE stream = 'federation-' || recent.id
           AND type IN ('RoundStarted', 'FederationCompleted', 'FederationFailed', 'FederationCancelled')
         ORDER BY version DESC LIMIT 2
       ) AS boundary
     ) AS rounds
     CROSS JOIN LATERAL (
       SELECT avg(validation_loss) AS validation_loss, avg(test_loss) AS test_loss FROM outcome_view
       WHERE federation_id = recent.id AND round = (
         SELECT max(round) FROM outcome_view
         WHERE federation_id = recent.id AND (round < recent.round OR recent.status = 'completed')
       )
     ) AS losses
     CROSS JOIN LATERAL (
       SELECT sum((data -> 'result' ->> 'trainTokens')::float8)
         / nullif(sum((data -> 'result' ->> 'trainSeconds')::float8), 0) AS tokens_per_second
       FROM event
       WHERE stream = 'federation-' || recent.id AND type = 'ClientTrained' AND version > rounds.first_version
     ) AS speed`,
    [most],
  );
  return rows;
}
