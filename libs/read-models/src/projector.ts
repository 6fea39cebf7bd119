/**
 * Keeps the read models up to date. The checkpoint moves in the transaction that writes the rows, so an event is
 * projected exactly once, whichever replica does it and whatever dies in between.
 */
import type { Checkpoint, Database, EventStore, Prisma, StoredEvent } from '@fedamole/event-store';
import { asDomainEvent } from '@fedamole/event-store';
import { baseModelsProjection } from './base-models/projection.js';
import { clientsProjection } from './clients/projection.js';
import { federationsProjection } from './federations/projection.js';
import type { Projection } from './projection.js';

const checkpointName = 'read-models';
const batchSize = 200;

const projections: readonly Projection[] = [baseModelsProjection, clientsProjection, federationsProjection];

export class Projector {
  private running: Promise<void> | null = null;

  constructor(
    private readonly database: Database,
    private readonly store: EventStore,
  ) {}

  /** Projects everything that can be read when it is called. Calls at the same time share one run and one more. */
  async catchUp(): Promise<void> {
    if (this.running) await this.running.catch(() => undefined);
    this.running ??= this.projectAll().finally(() => {
      this.running = null;
    });
    await this.running;
  }

  /** Empties the read models and fills them from the events again. */
  async rebuild(): Promise<void> {
    await this.database.prisma.$transaction(async (transaction) => {
      await lockCheckpoint(transaction);
      for (const projection of projections) await projection.clear(transaction);
      await moveCheckpoint(transaction, { transactionId: '0', position: '0' });
    });
    await this.catchUp();
  }

  private async projectAll(): Promise<void> {
    for (;;) {
      const checkpoint = await this.store.loadCheckpoint(checkpointName);
      // Read before the transaction begins: nothing newer than a running transaction can be read, our own included.
      const events = await this.store.readAll(checkpoint, batchSize);
      const last = events.at(-1);
      if (!last) return;
      await this.projectBatch(checkpoint, events, last.checkpoint);
    }
  }

  private async projectBatch(from: Checkpoint | null, events: readonly StoredEvent[], to: Checkpoint): Promise<void> {
    await this.database.prisma.$transaction(
      async (transaction) => {
        const position = await lockCheckpoint(transaction);
        // Another replica was faster.
        if (position !== BigInt(from?.position ?? 0)) return;
        for (const stored of events) {
          const projected = { event: asDomainEvent(stored), stored };
          for (const projection of projections) await projection.apply(transaction, projected);
        }
        await moveCheckpoint(transaction, to);
      },
      { timeout: 60_000, maxWait: 30_000 },
    );
  }
}

/** Lets one replica at a time project; returns the position that it starts from. */
async function lockCheckpoint(transaction: Prisma.TransactionClient): Promise<bigint> {
  await transaction.$executeRaw`
    INSERT INTO checkpoint (name, transaction_id, position) VALUES (${checkpointName}, '0', 0) ON CONFLICT DO NOTHING`;
  const rows = await transaction.$queryRaw<{ position: bigint }[]>`
    SELECT position FROM checkpoint WHERE name = ${checkpointName} FOR UPDATE`;
  const position = rows[0]?.position;
  if (position === undefined) throw new Error(`checkpoint ${checkpointName} disappeared`);
  return position;
}

async function moveCheckpoint(transaction: Prisma.TransactionClient, to: Checkpoint): Promise<void> {
  await transaction.$executeRaw`
    UPDATE checkpoint SET transaction_id = ${to.transactionId}::text::xid8, position = ${BigInt(to.position)}
    WHERE name = ${checkpointName}`;
}
