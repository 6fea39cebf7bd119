import type { EventStore, Prisma, PrismaClient } from '@fedamole/event-store';
import { asDomainEvent } from '@fedamole/event-store';
import { projections, projectionsVersion } from './projections.js';

const batchSize = 200;

/** Where rows are written: into the tables of a schema, under a checkpoint of their own. */
export interface ProjectionTarget {
  readonly prisma: PrismaClient;
  readonly schema: string;
  readonly checkpoint: string;
}

/**
 * Projects the next events after the target's checkpoint, which moves in the transaction that writes the rows: an event
 * is projected exactly once, whichever replica does it and whatever dies in between. Returns how many events it looked
 * at; 0 at the end of the log, and where the target's rows are another version's.
 */
export async function projectEvents(target: ProjectionTarget, store: EventStore): Promise<number> {
  const { position } = (await store.loadCheckpoint(target.checkpoint)) ?? { position: '0' };
  const events = await store.readAll({ position }, batchSize);
  const last = events.at(-1);
  if (!last) return 0;
  return target.prisma.$transaction(
    async (transaction) => {
      // Plain SQL of a projection finds the same tables as Prisma.
      await transaction.$executeRawUnsafe(`SET LOCAL search_path TO "${target.schema}", public`);
      const reached = await lockCheckpoint(transaction, target.checkpoint);
      if (reached.version !== projectionsVersion) return 0;
      // Another replica was faster.
      if (reached.position !== BigInt(position)) return events.length;
      for (const stored of events) {
        const projected = { event: asDomainEvent(stored), stored };
        for (const projection of projections) await projection.apply(transaction, projected);
      }
      await transaction.$executeRaw`
        UPDATE checkpoint SET position = ${last.checkpoint.position}::text::bigint WHERE name = ${target.checkpoint}`;
      return events.length;
    },
    { timeout: 60_000, maxWait: 30_000 },
  );
}

/** Lets one replica at a time project. */
async function lockCheckpoint(
  transaction: Prisma.TransactionClient,
  name: string,
): Promise<{ position: bigint; version: number }> {
  await transaction.$executeRaw`
    INSERT INTO checkpoint (name, position, version) VALUES (${name}, 0, ${projectionsVersion}::int) ON CONFLICT DO NOTHING`;
  const [reached] = await transaction.$queryRaw<{ position: bigint; version: number }[]>`
    SELECT position, version FROM checkpoint WHERE name = ${name} FOR UPDATE`;
  if (!reached) throw new Error(`checkpoint ${name} disappeared`);
  return reached;
}
