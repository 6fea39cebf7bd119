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
  apply(transaction: Prisma.TransactionClient, projected: ProjectedEvent): Promise<void>;
  /** Removes every row, before everything is projected again. */
  clear(transaction: Prisma.TransactionClient): Promise<void>;
}
