import type { Prisma } from '@fedamole/event-store';
import type { EvaluationMetrics } from '@fedamole/federation';
import type { ProjectedEvent, Projection } from '../projection.js';

type Changes = Prisma.FederationViewUpdateInput;

export const federationsProjection: Projection = {
  version: 1,
  tables: ['federation_view', 'outcome_view'],
  async apply(transaction, projected) {
    const { event, stored } = projected;
    switch (event.type) {
      case 'FederationCreated':
        return create(transaction, projected);
      case 'FederationStarted':
        return update(transaction, event.data.federationId, { status: 'running' });
      case 'RoundStarted':
        return update(transaction, event.data.federationId, { round: event.data.round });
      case 'BaselineMeasured':
      case 'ClientTrained': {
        const { federationId, round, client, result } = event.data;
        return recordOutcome(transaction, { federationId, round, client }, result.metrics);
      }
      case 'FederationCompleted':
        return update(transaction, event.data.federationId, { status: 'completed', finishedAt: stored.recordedAt });
      case 'FederationFailed': {
        const { federationId, reason } = event.data;
        return update(transaction, federationId, { status: 'failed', reason, finishedAt: stored.recordedAt });
      }
      case 'FederationCancelled': {
        const { federationId, reason } = event.data;
        return update(transaction, federationId, { status: 'cancelled', reason, finishedAt: stored.recordedAt });
      }
      default:
        return;
    }
  },
};

async function create(transaction: Prisma.TransactionClient, { event, stored }: ProjectedEvent): Promise<void> {
  if (event.type !== 'FederationCreated') return;
  const { federationId, name, baseModel, clients, configuration } = event.data;
  await transaction.federationView.create({
    data: {
      id: federationId,
      position: BigInt(stored.checkpoint.position),
      name,
      status: 'created',
      baseModel: baseModel.name,
      clients,
      round: 0,
      rounds: configuration.rounds,
      createdAt: stored.recordedAt,
    },
  });
}

async function update(transaction: Prisma.TransactionClient, id: string, data: Changes): Promise<void> {
  await transaction.federationView.update({ where: { id }, data });
}

/** Once every client of a round has reported, the round's means count: as the baseline, the last and perhaps the best. */
async function recordOutcome(
  transaction: Prisma.TransactionClient,
  key: { federationId: string; round: number; client: string },
  metrics: EvaluationMetrics,
): Promise<void> {
  const { federationId, round } = key;
  await transaction.outcomeView.create({ data: { ...key, ...metrics } });
  const federation = await transaction.federationView.findUniqueOrThrow({ where: { id: federationId } });
  // Counted before they are read: the outcomes of all clients at every client's would be quadratic.
  const known = await transaction.outcomeView.count({ where: { federationId, round } });
  if (known < federation.clients.length) return;
  const outcomes = await transaction.outcomeView.findMany({
    where: { federationId, round },
    orderBy: { client: 'asc' },
  });
  const rougeL = mean(outcomes.map((outcome) => outcome.rougeL));
  const accuracy = mean(outcomes.map(({ choiceAccuracy }) => choiceAccuracy));
  if (round === 0) return update(transaction, federationId, { baselineRougeL: rougeL, baselineAccuracy: accuracy });
  const score = mean(outcomes.map((outcome) => outcome.rougeL ?? outcome.choiceAccuracy));
  const best = score !== null && (federation.bestScore === null || score > federation.bestScore);
  await update(transaction, federationId, {
    lastRougeL: rougeL,
    lastAccuracy: accuracy,
    ...(best ? { bestRougeL: rougeL, bestAccuracy: accuracy, bestScore: score, bestRound: round } : {}),
  });
}

/** Over the clients that measured it; null where none did. */
function mean(values: readonly (number | null)[]): number | null {
  const measured = values.filter((value) => value !== null);
  return measured.length === 0 ? null : measured.reduce((sum, value) => sum + value, 0) / measured.length;
}
