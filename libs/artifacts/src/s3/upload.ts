import { AbortMultipartUploadCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { ArtifactContent } from '../artifact-storage.js';

/** Bytes of one part; four are sent at a time. What is not larger goes in one request. */
export const partBytes = 16 * 2 ** 20;

/** Parts that an upload may have. */
const mostParts = 10_000;

/**
 * Sends an object; every part is sent again by itself where it failed. In one request the server checks the digest too, where
 * it knows how. An upload that fails asks the server to forget its parts.
 */
export async function upload(
  client: S3Client,
  object: { Bucket: string; Key: string },
  digest: string,
  content: ArtifactContent,
): Promise<void> {
  if (content.size <= partBytes) {
    const Body = 'bytes' in content ? content.bytes : await readFile(content.file);
    const ChecksumSHA256 = Buffer.from(digest, 'hex').toString('base64');
    await client.send(new PutObjectCommand({ ...object, Body, ChecksumSHA256 }));
    return;
  }
  const Body = 'bytes' in content ? content.bytes : createReadStream(content.file);
  const partSize = Math.max(partBytes, Math.ceil(content.size / mostParts));
  const sending = new Upload({ client, params: { ...object, Body }, partSize, queueSize: 4, leavePartsOnError: true });
  try {
    await sending.done();
  } catch (error) {
    await forgetParts(client, object, sending.uploadId);
    throw error;
  }
}

/** What failed the upload may fail this, too, and is what has to be told: the bucket's own rules remove parts that stay. */
async function forgetParts(
  client: S3Client,
  object: { Bucket: string; Key: string },
  UploadId?: string,
): Promise<void> {
  if (UploadId === undefined) return;
  await client.send(new AbortMultipartUploadCommand({ ...object, UploadId })).catch(() => undefined);
}
