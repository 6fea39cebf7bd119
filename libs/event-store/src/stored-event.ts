/** What a writer hands over: the type's name and its data, as JSON. */
export interface NewEvent {
  readonly type: string;
  readonly data: object;
}

/** Who asked for it, and what it followed from. */
export interface EventMetadata {
  readonly actor?: string;
  /** What the actor's key was called. */
  readonly actorDescription?: string;
  /** Shared by everything that one request from outside led to. */
  readonly correlationId?: string;
  /** The event or the job that it followed from; nothing where somebody outside asked for it. */
  readonly causationId?: string;
  /** The span that it was written in, where there are traces. */
  readonly traceparent?: string;
  /** A command under a key that the log knows already adds nothing. */
  readonly idempotencyKey?: string;
  /** Digest of the command under that key; of the events where the writer leaves it out. */
  readonly commandDigest?: string;
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

/** A place in the order of all events: the position of the last one seen, a 64-bit number kept as text. */
export interface Checkpoint {
  readonly position: string;
}

/** A checkpoint as one word, for URLs. */
export const formatCheckpoint = ({ position }: Checkpoint): string => position;

/** Null where the text is no checkpoint. */
export const parseCheckpoint = (text: string): Checkpoint | null =>
  /^\d{1,18}$/.test(text) ? { position: text } : null;

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
