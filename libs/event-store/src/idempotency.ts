import { createHash } from 'node:crypto';
import type { EventMetadata, NewEvent } from './stored-event.js';

/** What an append came to. */
export interface Appended {
  readonly stream: string;
  /** Of the last event that was added. */
  readonly version: number;
  /** How many events were added. */
  readonly events: number;
  /** True where the same command had been appended before, and nothing was added this time. */
  readonly repeated: boolean;
}

/** A key stands for one command for good: under it came another one. */
export class IdempotencyKeyReusedError extends Error {
  override readonly name = 'IdempotencyKeyReusedError';

  constructor(
    readonly idempotencyKey: string,
    /** Where the first command's last event is. */
    readonly stream: string,
    readonly version: number,
  ) {
    super(
      `idempotency key "${idempotencyKey}" stands for another command already, which led to version ${version} of stream ${stream}`,
    );
  }
}

/** Metadata whose idempotency key, if it has one, stands for a command: for these events unless the writer says more. */
export function withCommandDigest(stream: string, events: readonly NewEvent[], metadata: EventMetadata): EventMetadata {
  if (metadata.idempotencyKey === undefined || metadata.commandDigest !== undefined) return metadata;
  const command = JSON.stringify([stream, events]);
  return { ...metadata, commandDigest: createHash('sha256').update(command).digest('hex') };
}
