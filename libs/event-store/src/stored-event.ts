/** What a writer hands over: the type's name and its data, as JSON. */
export interface NewEvent {
  readonly type: string;
  readonly data: object;
}

/** Who asked for it, and what it followed from; room for what audits need. */
export interface EventMetadata {
  readonly actor?: string;
  readonly correlationId?: string;
  readonly causationId?: string;
}

export interface StoredEvent {
  readonly id: string;
  readonly stream: string;
  /** 1 for a stream's first event, without gaps. */
  readonly version: number;
  readonly type: string;
  readonly schemaVersion: number;
  readonly data: unknown;
  readonly metadata: EventMetadata;
  readonly recordedAt: Date;
  /** Where a reader stands after this event. */
  readonly checkpoint: Checkpoint;
}

/** A place in the order of all events: by transaction, then by position. Both are 64-bit numbers, kept as text. */
export interface Checkpoint {
  readonly transactionId: string;
  readonly position: string;
}

/** A checkpoint as one word, for URLs. */
export const formatCheckpoint = ({ transactionId, position }: Checkpoint): string => `${transactionId}-${position}`;

/** Null where the text is no checkpoint. */
export function parseCheckpoint(text: string): Checkpoint | null {
  const match = /^(\d{1,19})-(\d{1,18})$/.exec(text);
  const [, transactionId, position] = match ?? [];
  return transactionId === undefined || position === undefined ? null : { transactionId, position };
}

/** A stream has moved on since it was read: read it again, decide again. */
export class ConcurrencyError extends Error {
  override readonly name = 'ConcurrencyError';

  constructor(
    readonly stream: string,
    readonly expectedVersion: number,
  ) {
    super(`stream ${stream} is not at version ${expectedVersion} any more`);
  }
}
