/** @jest-environment ./jest.outer-errors.mjs */
import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash, randomBytes } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer, connect, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ArtifactStore } from '../artifact-store.js';
import {
  ArtifactNotStoredError,
  CorruptArtifactError,
  isStorageAway,
  MissingArtifactError,
  OversizedArtifactError,
} from '../errors.js';
import { openArtifacts } from '../open-artifacts.js';
import { S3Server } from './s3-server.fixture.js';
import { partBytes } from './upload.js';

const server = new S3Server();
const scratch = mkdtempSync(join(tmpdir(), 's3-storage-'));
let store: ArtifactStore;
let client: S3Client;
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const keyOf = (digest: string): string => `here/${digest.slice(0, 2)}/${digest.slice(2)}`;
/** The object's file on the server's disk. */
const fileOf = (key: string): string => join(server.folder, 'artifacts', `${key}._S3rver_object`);
const longAgo = new Date('2020-01-01');
const before = new Date('2021-01-01');
const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => null,
    (error: unknown) => error,
  );

beforeAll(async () => {
  await server.start();
  store = await openArtifacts(server.place());
  const { endpoint, region, credentials } = server.place();
  client = new S3Client({
    endpoint: endpoint ?? '',
    region,
    credentials: credentials ?? { accessKeyId: '', secretAccessKey: '' },
    forcePathStyle: true,
  });
});
afterAll(async () => {
  client.destroy();
  await server.remove();
  rmSync(scratch, { recursive: true });
});

describe('artifacts in a bucket', () => {
  it('are named by their SHA-256 and come back', async () => {
    const bytes = bytesOf('weights');
    const digest = await store.put(bytes);
    expect(digest).toBe(digestOf(bytes));
    expect(await store.size(digest)).toBe(7);
    expect(await store.get(digest)).toEqual(bytes);
    expect(store.path(digest)).toBe(`s3://artifacts/${keyOf(digest)}`);
    expect(existsSync(fileOf(keyOf(digest)))).toBe(true);
    expect((await store.get(await store.put(new Uint8Array(0)))).byteLength).toBe(0);
  });

  it('are told byte by byte to whoever counts', async () => {
    const seen: [string, number][] = [];
    const counted = await openArtifacts(server.place(), (direction, bytes) => seen.push([direction, bytes]));
    await counted.get(await counted.put(bytesOf('counted')));
    expect(seen).toEqual([
      ['written', 7],
      ['read', 7],
    ]);
  });

  it('go in parts where they are large, from memory and from a file, and come back to memory and to a file', async () => {
    const bytes = new Uint8Array(randomBytes(2 * partBytes + 12_345));
    const fromMemory = await store.put(bytes);
    expect(Buffer.compare(await store.get(fromMemory), bytes)).toBe(0);
    bytes.reverse();
    const file = join(scratch, 'large');
    writeFileSync(file, bytes);
    const { digest: fromFile } = await store.putFile(file);
    expect(fromFile).toBe(digestOf(bytes));
    await store.fetchTo(fromFile, join(scratch, 'fetched'));
    expect(Buffer.compare(readFileSync(join(scratch, 'fetched')), bytes)).toBe(0);
  });

  it('are fetched to files of their own where they are to be read in parts, which are gone afterwards', async () => {
    const digest = await store.put(bytesOf('in parts'));
    const local = store.localArtifacts();
    const path = await local.path(digest);
    expect(readFileSync(path, 'utf8')).toBe('in parts');
    await local.close();
    expect(existsSync(dirname(path))).toBe(false);
  });

  it('are missing where nobody stored them, which a bucket that is missing is not', async () => {
    const digest = digestOf(bytesOf('nobody stored this'));
    await expect(store.get(digest)).rejects.toThrow(MissingArtifactError);
    await expect(store.size(digest)).rejects.toThrow(MissingArtifactError);
    await expect(store.fetchTo(digest, join(scratch, 'missing'))).rejects.toThrow(MissingArtifactError);
    expect(readdirSync(scratch).filter((name) => name.startsWith('missing'))).toEqual([]);
    const elsewhere = await openArtifacts(server.place({ bucket: 'no-such-bucket' }));
    await expect(elsewhere.requireReadable()).rejects.toThrow('s3://no-such-bucket/here/: status 404');
    const refused = await failure(elsewhere.put(bytesOf('x')));
    expect(refused).toBeInstanceOf(ArtifactNotStoredError);
    expect(String(refused)).toContain('NoSuchBucket');
    expect(isStorageAway(refused)).toBe(false);
  });

  it('are refused unread above the limit', async () => {
    const digest = await store.put(bytesOf('eight by'));
    expect((await store.get(digest, 8)).byteLength).toBe(8);
    await expect(store.get(digest, 7)).rejects.toThrow(OversizedArtifactError);
  });

  it('are refused where they are damaged or cut short, and mended when they are stored again', async () => {
    const bytes = bytesOf('to be damaged');
    const digest = await store.put(bytes);
    const file = fileOf(keyOf(digest));
    writeFileSync(file, 'to be damageD');
    await expect(store.get(digest)).rejects.toThrow(CorruptArtifactError);
    await expect(store.fetchTo(digest, join(scratch, 'damaged'))).rejects.toThrow(CorruptArtifactError);
    expect(readdirSync(scratch).filter((name) => name.startsWith('damaged'))).toEqual([]);
    truncateSync(file, 5);
    await expect(store.get(digest)).rejects.toThrow(CorruptArtifactError);
    await store.put(bytes);
    expect(await store.get(digest)).toEqual(bytes);
  });

  it('are not asked for by a caller that the server does not know', async () => {
    const stranger = await openArtifacts(
      server.place({ credentials: { accessKeyId: 'stranger', secretAccessKey: 'nobody' } }),
    );
    const refused = await failure(stranger.put(bytesOf('x')));
    expect(String(refused)).toContain('status 403');
    expect(isStorageAway(refused)).toBe(false);
    await expect(stranger.requireReadable()).rejects.toThrow('status 403');
  });

  it('can be had again after the server was away, which is told as such meanwhile', async () => {
    const digest = await store.put(bytesOf('before it went away'));
    await server.stop();
    try {
      for (const asked of [
        store.get(digest),
        store.put(bytesOf('meanwhile')),
        store.requireRoom(0),
        store.old(before),
      ]) {
        expect(isStorageAway(await failure(asked))).toBe(true);
      }
    } finally {
      await server.start();
    }
    expect(await store.get(digest)).toEqual(bytesOf('before it went away'));
    await store.requireRoom(0);
    expect(await store.freeBytes()).toBeNull();
  });
});

describe('a connection that breaks', () => {
  /** Passes bytes on to the server; each connection ends after so many in either direction, while there are cuts left. */
  async function throughCuts(bytes: number, cuts: number, use: (store: ArtifactStore) => Promise<void>): Promise<void> {
    let left = cuts;
    const { endpoint } = server.place();
    const proxy: Server = createServer((socket) => {
      const upstream = connect(Number(new URL(endpoint ?? '').port), '127.0.0.1');
      const end = (): void => void [socket, upstream].forEach((side) => side.destroy());
      for (const [from, to] of [
        [socket, upstream],
        [upstream, socket],
      ] as const) {
        let passed = 0;
        from.on('error', end).on('close', end);
        from.on('data', (chunk: Buffer) => {
          passed += chunk.byteLength;
          if (passed > bytes && left > 0) {
            left--;
            end();
          } else if (!to.write(chunk)) {
            from.pause();
            to.once('drain', () => from.resume());
          }
        });
      }
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => proxy.once('listening', resolve));
    try {
      await use(
        await openArtifacts(server.place({ endpoint: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` })),
      );
    } finally {
      proxy.close();
    }
  }

  it('costs a download nothing: it goes on from where it broke', async () => {
    const bytes = new Uint8Array(randomBytes(5_000_000));
    const digest = await store.put(bytes);
    const read: number[] = [];
    await throughCuts(2_000_000, 2, async (cut) => {
      for await (const piece of [await cut.get(digest)]) read.push(Buffer.compare(piece, bytes));
    });
    expect(read).toEqual([0]);
  });

  it('costs an upload nothing: the part is sent again', async () => {
    const bytes = new Uint8Array(randomBytes(partBytes + 1000));
    await throughCuts(3_000_000, 2, async (cut) => {
      await cut.put(bytes);
    });
    expect(Buffer.compare(await store.get(digestOf(bytes)), bytes)).toBe(0);
  });

  it('over and over leaves an upload undone, with nothing under its name', async () => {
    const bytes = new Uint8Array(randomBytes(partBytes + 2000));
    let refused: unknown;
    await throughCuts(3_000_000, Infinity, async (cut) => {
      refused = await failure(cut.put(bytes));
    });
    expect(refused).toBeInstanceOf(ArtifactNotStoredError);
    expect(isStorageAway(refused)).toBe(true);
    await expect(store.get(digestOf(bytes))).rejects.toThrow(MissingArtifactError);
  }, 120_000);
});

describe('collecting from a bucket', () => {
  const aged = async (text: string): Promise<string> => {
    const digest = await store.put(bytesOf(text));
    utimesSync(fileOf(keyOf(digest)), longAgo, longAgo);
    return digest;
  };

  it('finds old artifacts alone, among more than a list holds, and leaves what others put there', async () => {
    const old = await aged('old');
    await store.put(bytesOf('new'));
    for (const key of ['here/notes.txt', 'elsewhere/aa/bb', `elsewhere/${old.slice(0, 2)}/${old.slice(2)}`]) {
      await client.send(new PutObjectCommand({ Bucket: 'artifacts', Key: key, Body: 'x' }));
      utimesSync(fileOf(key), longAgo, longAgo);
    }
    const many = Array.from({ length: 1100 }, (_, index) => digestOf(bytesOf(`old ${index}`)));
    for (const digest of many) {
      const file = fileOf(keyOf(digest));
      cpSync(fileOf(keyOf(old)), file, { recursive: true });
      utimesSync(file, longAgo, longAgo);
    }
    const found = await store.old(before);
    expect(found.map(({ digest }) => digest).sort()).toEqual([old, ...many].sort());
    expect(found[0]?.bytes).toBe(3);
    for (const artifact of found.slice(0, 20)) expect(await store.removeOld(artifact, before)).toBe(true);
    expect(await store.old(before)).toHaveLength(found.length - 20);
  });

  it('keeps what was stored again meanwhile, and passes over what is gone', async () => {
    const digest = await aged('again');
    const artifact = { place: keyOf(digest), digest, bytes: 5 };
    await store.put(bytesOf('again'));
    expect(await store.removeOld(artifact, before)).toBe(false);
    expect(await store.get(digest)).toEqual(bytesOf('again'));
    await client.send(new DeleteObjectCommand({ Bucket: 'artifacts', Key: keyOf(digest) }));
    expect(await store.removeOld(artifact, before)).toBe(false);
  });

  it('takes nothing away from somebody who stores the artifact at that moment', async () => {
    const bytes = bytesOf('crossed');
    const digest = digestOf(bytes);
    const removal = { Bucket: 'artifacts', Key: `here/removals/${digest}` };
    // as a collector that looked at the artifact before it was stored again, and removes it after
    await client.send(new PutObjectCommand({ ...removal, Body: new Uint8Array(0) }));
    let stored = false;
    const storing = store.put(bytes).then(() => (stored = true));
    while (!existsSync(fileOf(keyOf(digest)))) await sleep(10);
    await sleep(200);
    expect(stored).toBe(false);
    await client.send(new DeleteObjectCommand({ Bucket: 'artifacts', Key: keyOf(digest) }));
    await client.send(new DeleteObjectCommand(removal));
    await storing;
    expect(await store.get(digest)).toEqual(bytes);
  });

  it('takes away what a collector left that did not live to end, which holds nobody up for long', async () => {
    const digest = digestOf(bytesOf('left by a collector'));
    const key = `here/removals/${digest}`;
    await client.send(new PutObjectCommand({ Bucket: 'artifacts', Key: key, Body: new Uint8Array(0) }));
    utimesSync(fileOf(key), longAgo, longAgo);
    await store.put(bytesOf('left by a collector'));
    const left = (await store.old(before)).filter((artifact) => artifact.digest === null);
    expect(left).toEqual([{ place: key, digest: null, bytes: 0 }]);
    for (const artifact of left) expect(await store.removeOld(artifact, before)).toBe(true);
    expect(existsSync(fileOf(key))).toBe(false);
  });
});
