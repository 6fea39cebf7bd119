import type { DomainEvent, Prisma, StoredEvent } from '@fedamole/event-store';

/** An event with what is known of its place and time. */
export interface ProjectedEvent {
  readonly event: DomainEvent;
  readonly stored: StoredEvent;
}

/**
 * Turns events into rows of one read model. Sees every event once and in order, in the transaction that also moves the
 * checkpoint; knows nothing but the events.
 */
export interface Projection {
  /** Raised whenever the same events come to other rows, and never lowered: the read models are then built again. */
  readonly version: number;
  /** Tables that it writes to, in an order in which rows can be added. */
  readonly tables: readonly string[];
  apply(transaction: Prisma.TransactionClient, projected: ProjectedEvent): Promise<void>;
}
