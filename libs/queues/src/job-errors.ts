import type { z } from 'zod';

/** Trying again would end the same way: the job fails at once, whatever attempts it has left. */
export class PermanentJobError extends Error {
  override readonly name: string = 'PermanentJobError';
}

/**
 * The job cannot be done now, through no fault of its own: no room for its artifacts, storage that is away. It is no
 * failed attempt; the job waits a while and is tried again, as often as it takes.
 */
export class PostponedJobError extends Error {
  override readonly name = 'PostponedJobError';
}

/** The worker was told to stop, and leaves the job to another one: it waits for that one at once, and has not failed. */
export class HandedBackJobError extends Error {
  override readonly name = 'HandedBackJobError';
}

/** Names every field that does not fit, with its value's message: `configuration.rank: Too small: expected >=1`. */
export function describeIssues(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join('.') || 'value'}: ${issue.message}`).join('; ');
}

/** A reason that both backends can store: Postgres refuses NUL in text. */
export function storableMessage(error: unknown): string {
  const message = error instanceof Error ? error.message || error.name : String(error);
  return message.replaceAll('\u0000', '\uFFFD');
}
