/** What an object store's refusals mean here. */
import { S3ServiceException } from '@aws-sdk/client-s3';
import { StorageAwayError } from '../errors.js';

/** Codes of servers that are there and cannot now, beside the statuses that say so. */
const passing = new Set(['SlowDown', 'RequestTimeout', 'XMinioStorageFull', 'InsufficientStorage', 'QuotaExceeded']);

/** What the network says, and the client of it: no answer came. */
const unreached = /^(E[A-Z]+|TimeoutError|AbortError|ERR_STREAM_PREMATURE_CLOSE)$/;

/** Whether there is no such object; a missing bucket is another thing. */
export const isNoSuchObject = (error: unknown): boolean =>
  error instanceof S3ServiceException && (error.name === 'NoSuchKey' || error.name === 'NotFound');

/**
 * The error that the caller is to have: a StorageAwayError where it passes by itself, else one that names the bucket and what
 * the server said. A HEAD's answer has no body, so its status is all that is known of it.
 */
export function storageError(error: unknown, name: string): Error {
  const { reason, passes } = error instanceof S3ServiceException ? refusal(error) : failure(error);
  const text = `${name}: ${reason}`;
  return passes ? new StorageAwayError(text, { cause: error }) : new Error(text, { cause: error });
}

interface Reading {
  readonly reason: string;
  readonly passes: boolean;
}

function refusal({ name, message, $metadata }: S3ServiceException): Reading {
  const status = $metadata.httpStatusCode ?? 0;
  const said = [name, message].filter((text) => !/^Unknown(Error)?$/.test(text));
  return {
    reason: [`status ${status}`, ...new Set(said)].join(': '),
    passes: status >= 500 || status === 429 || passing.has(name),
  };
}

/** Read by its parts: an error of Node's own may be of another realm. */
function failure(error: unknown): Reading {
  const { code, name, message } = Object(error) as { code?: unknown; name?: unknown; message?: unknown };
  const kind = typeof code === 'string' ? code : String(name);
  return { reason: String(message || kind), passes: unreached.test(kind) };
}
