import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { isNoSuchObject, storageError } from './s3-errors.js';
import { StorageAwayError } from '../errors.js';

/** Times in a row that an answer may break off without a further byte. */
const mostBreaks = 3;

/** The object's bytes, piece by piece. An answer that breaks off is asked for again from there on, of the same object. */
export async function* download(client: S3Client, object: { Bucket: string; Key: string }): AsyncGenerator<Uint8Array> {
  let offset = 0;
  let size = Infinity;
  let version: string | undefined;
  let breaks = 0;
  while (offset < size) {
    try {
      const rest = offset === 0 ? {} : { Range: `bytes=${offset}-`, IfMatch: version };
      const { Body, ContentLength, ETag } = await client.send(new GetObjectCommand({ ...object, ...rest }));
      if (Body === undefined || ContentLength === undefined) throw new Error('an answer without a body or its length');
      [size, version] = [offset + ContentLength, ETag];
      for await (const piece of Body as AsyncIterable<Uint8Array>) {
        offset += piece.byteLength;
        breaks = 0;
        yield piece;
      }
      if (offset < size) throw new StorageAwayError(`${offset} of ${size} bytes came`);
    } catch (error) {
      const broken = !isNoSuchObject(error) && storageError(error, object.Key) instanceof StorageAwayError;
      if (!broken || ++breaks > mostBreaks) throw error;
    }
  }
}
