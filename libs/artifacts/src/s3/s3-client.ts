import { S3Client } from '@aws-sdk/client-s3';
import type { S3Place } from './s3-place.js';

/** Times that a request is sent before it has failed; between two the client waits, up to 20 s. */
const mostAttempts = 4;

/** A server with an address of its own is asked by path: its buckets have no names in the DNS. */
export function s3Client({ region, endpoint, credentials }: S3Place): S3Client {
  return new S3Client({
    region,
    ...(endpoint === null ? {} : { endpoint, forcePathStyle: true }),
    ...(credentials === null ? {} : { credentials }),
    maxAttempts: mostAttempts,
    // other checksums than the digests are not understood by every server that speaks the protocol
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: 3000, socketTimeout: 30_000 },
  });
}
