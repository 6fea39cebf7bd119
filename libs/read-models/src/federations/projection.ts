import type { Prisma } from '@fedamole/event-store';
import type { EvaluationMetrics } from '@fedamole/federation';
import type { ProjectedEvent, Projection } from '../projection.js';

type Changes = Prisma.FederationViewUpdateInput;

export const federationsProjection: Projection = {
  version: 2,
  tables: ['federation_view', 'outcome_view'],
  async apply(transaction, projected) {
    const { event, stored } = projected;
    switch (event.type) {
      case 'FederationCreated':
        return create(transaction, projected);
      case 'FederationStarted':
        return update(transaction, event.data.federationId, { status: 'running' });
      case 'RoundStarted': {
        const { federationId, round } = event.data;
        await countRound(transaction, federationId, round - 1);
        return update(transaction, federationId, { round });
      }
      case 'RoundClosed':
        return countRound(transaction, event.data.federationId, event.data.round);
      case 'ContributionRefused': {
        const { federationId, round, client } = event.data;
        await transaction.outcomeView.deleteMany({ where: { federationId, round, client } });
        return;
      }
      case 'FederationPaused':
        return update(transaction, event.data.federationId, { status: 'paused', reason: event.data.reason });
      case 'FederationResumed':
        return update(transaction, event.data.federationId, { status: 'running', reason: null });
      case 'ClientJoined':
        return addClient(transaction, event.data);
      case 'BaselineMeasured':
      case 'ClientTrained': {
        const { federationId, round, client, result } = event.data;
        return recordOutcome(transaction, { federationId, round, client }, result.metrics);
      }
      case 'FederationCompleted': {
        const { federationId, rounds } = event.data;
        await countRound(transaction, federationId, rounds);
        return update(transaction, federationId, { status: 'completed', reason: null, finishedAt: stored.recordedAt });
      }
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

async function addClient(
  transaction: Prisma.TransactionClient,
  { federationId, client }: { federationId: string; client: string },
): Promise<void> {
  const { clients } = await transaction.federationView.findUniqueOrThrow({ where: { id: federationId } });
  await update(transaction, federationId, { clients: [...new Set([...clients, client])].sort() });
}

async function recordOutcome(
  transaction: Prisma.TransactionClient,
  key: { federationId: string; round: number; client: string },
  metrics: EvaluationMetrics,
): Promise<void> {
  await transaction.outcomeView.create({ data: { ...key, ...metrics } });
}

/**
 * The means over the clients that answered count once their round has closed: as the baseline, the last and perhaps the best.
 * Rounds of earlier versions did not close: they count when the next one starts, and counting one twice changes nothing.
 */
async function countRound(transaction: Prisma.TransactionClient, federationId: string, round: number): Promise<void> {
  const federation = await transaction.federationView.findUniqueOrThrow({ where: { id: federationId } });
  const outcomes = await transaction.outcomeView.findMany({
    where: { federationId, round },
    orderBy: { client: 'asc' },
  });
  if (outcomes.length === 0) return;
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
