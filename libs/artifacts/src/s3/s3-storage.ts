/**
 * Artifacts as objects of a bucket: `<prefix><two digits>/<the others>`. A server makes an object appear when it has all of its
 * bytes, so a key never holds half an artifact. What is stored again is written again: that renews its time, and mends it
 * where it was damaged.
 */
import {
  DeleteObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  paginateListObjectsV2,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ArtifactContent, ArtifactStorage, OldArtifact } from '../artifact-storage.js';
import { MissingArtifactError, OversizedArtifactError, StorageAwayError } from '../errors.js';
import { s3Client } from './s3-client.js';
import { download } from './download.js';
import { isNoSuchObject, storageError } from './s3-errors.js';
import type { S3Place } from './s3-place.js';
import { upload } from './upload.js';

/** Milliseconds for which an announced removal holds; one that takes longer is given up by both sides. */
const removalHolds = 60_000;
const removalTakes = 20_000;

const artifactKey = /^[0-9a-f]{2}\/[0-9a-f]{62}$/;
const removalKey = /^removals\/[0-9a-f]{64}$/;

/** Times that an artifact is written again where a removal crossed it, and milliseconds between two. */
const mostWrites = 40;
const betweenWrites = 500;

interface FoundObject {
  readonly size: number;
  readonly modified: Date;
}

export class S3Storage implements ArtifactStorage {
  readonly name: string;
  private readonly client: S3Client;

  constructor(private readonly place: S3Place) {
    this.name = `s3://${place.bucket}/${place.prefix}`;
    this.client = s3Client(place);
  }

  placeOf(digest: string): string {
    return `s3://${this.place.bucket}/${this.keyOf(digest)}`;
  }

  fileOf(): null {
    return null;
  }

  /** A removal that was under way may have taken away what was just written: then it is written once more. */
  async write(digest: string, content: ArtifactContent): Promise<true> {
    const object = this.object(this.keyOf(digest));
    for (let writes = 0; writes < mostWrites; writes++) {
      if (writes > 0) await sleep(betweenWrites);
      await this.asked(() => upload(this.client, object, digest, content));
      const removal = await this.find(this.removalKeyOf(digest));
      const stored = await this.find(object.Key);
      if (stored?.size !== content.size) continue;
      if (removal === null || stored.modified.getTime() - removal.modified.getTime() > removalHolds) return true;
    }
    throw new StorageAwayError(`${this.placeOf(digest)} is not there, or not whole, after it was written`);
  }

  async read(digest: string, maximumBytes: number): Promise<Uint8Array> {
    const size = await this.size(digest);
    if (size > maximumBytes) throw new OversizedArtifactError(digest, size, maximumBytes);
    const bytes = new Uint8Array(size);
    let filled = 0;
    for await (const piece of this.stream(digest)) {
      if (filled + piece.byteLength > size) throw new OversizedArtifactError(digest, filled + piece.byteLength, size);
      bytes.set(piece, filled);
      filled += piece.byteLength;
    }
    return bytes.subarray(0, filled);
  }

  async *stream(digest: string): AsyncGenerator<Uint8Array> {
    try {
      yield* download(this.client, this.object(this.keyOf(digest)));
    } catch (error) {
      throw isNoSuchObject(error)
        ? new MissingArtifactError(digest, this.placeOf(digest))
        : storageError(error, this.name);
    }
  }

  async size(digest: string): Promise<number> {
    const found = await this.find(this.keyOf(digest));
    if (found === null) throw new MissingArtifactError(digest, this.placeOf(digest));
    return found.size;
  }

  remove(digest: string): Promise<void> {
    return this.delete(this.keyOf(digest));
  }

  async old(before: Date): Promise<OldArtifact[]> {
    const { bucket: Bucket, prefix } = this.place;
    const found: OldArtifact[] = [];
    await this.asked(async () => {
      for await (const page of paginateListObjectsV2({ client: this.client }, { Bucket, Prefix: prefix })) {
        for (const { Key = '', Size = 0, LastModified } of page.Contents ?? []) {
          const key = Key.slice(prefix.length);
          const digest = artifactKey.test(key) ? key.replace('/', '') : null;
          if (digest === null && !removalKey.test(key)) continue;
          if (LastModified !== undefined && LastModified < before) found.push({ place: Key, digest, bytes: Size });
        }
      }
    });
    return found;
  }

  /**
   * The removal is announced first. Whoever stores the artifact looks for that afterwards: it was either in time to be seen
   * here, or sees that it has to write once more.
   */
  async removeOld({ place: Key, digest }: OldArtifact, before: Date): Promise<boolean> {
    if (digest === null) {
      await this.delete(Key);
      return true;
    }
    const announced = this.removalKeyOf(digest);
    const begun = Date.now();
    await this.asked(() =>
      this.client.send(new PutObjectCommand({ ...this.object(announced), Body: new Uint8Array(0) })),
    );
    try {
      const found = await this.find(Key);
      if (found === null || found.modified >= before) return false;
      if (Date.now() - begun > removalTakes) throw new StorageAwayError(`${this.name} answers too slowly to remove`);
      await this.delete(Key);
      return true;
    } finally {
      await this.delete(announced);
    }
  }

  async requireReadable(): Promise<void> {
    const { bucket: Bucket } = this.place;
    await this.asked(() => this.client.send(new HeadBucketCommand({ Bucket })));
  }

  /** Writes a small object: no server tells how much it would still take. */
  async requireRoom(): Promise<void> {
    const probe = { ...this.object(`${this.place.prefix}probe`), Body: new Uint8Array(4096) };
    await this.asked(() => this.client.send(new PutObjectCommand(probe)));
  }

  async freeBytes(): Promise<null> {
    await this.requireReadable();
    return null;
  }

  private keyOf(digest: string): string {
    return `${this.place.prefix}${digest.slice(0, 2)}/${digest.slice(2)}`;
  }

  private removalKeyOf(digest: string): string {
    return `${this.place.prefix}removals/${digest}`;
  }

  private object(Key: string): { Bucket: string; Key: string } {
    return { Bucket: this.place.bucket, Key };
  }

  /** Null where there is no such object. */
  private async find(key: string): Promise<FoundObject | null> {
    try {
      const { ContentLength = 0, LastModified } = await this.client.send(new HeadObjectCommand(this.object(key)));
      return { size: ContentLength, modified: LastModified ?? new Date() };
    } catch (error) {
      if (isNoSuchObject(error)) return null;
      throw storageError(error, this.name);
    }
  }

  private async delete(key: string): Promise<void> {
    const abortSignal = AbortSignal.timeout(removalTakes);
    await this.asked(() => this.client.send(new DeleteObjectCommand(this.object(key)), { abortSignal }));
  }

  private async asked<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    try {
      return await ask();
    } catch (error) {
      throw storageError(error, this.name);
    }
  }
}
