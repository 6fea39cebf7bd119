/**
 * A backup on disk: `events.jsonl`, an event a line in the order of positions; `artifacts/`, a store of its own; and
 * `manifest.json`, written last: without it a backup is not one.
 */
import { ArtifactStore } from '@fedamole/artifacts';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const digest = z.string().regex(/^[0-9a-f]{64}$/);

export const manifest = z.strictObject({
  format: z.literal(1),
  /** Where the log ended. */
  end: z.strictObject({ position: z.string().regex(/^\d{1,18}$/), hash: digest }),
  events: z.int().min(0),
  /** SHA-256 of the file of events. */
  eventsDigest: digest,
  /** Every artifact that the events name, but for those that could not be read. */
  artifacts: z.array(digest),
  unreadable: z.array(z.strictObject({ digest, reason: z.string() })),
});
export type Manifest = z.infer<typeof manifest>;

export const eventsFile = (folder: string): string => join(folder, 'events.jsonl');
export const manifestFile = (folder: string): string => join(folder, 'manifest.json');
export const artifactsOf = (folder: string): ArtifactStore => new ArtifactStore(join(folder, 'artifacts'));

/** Throws where there is no complete backup in the folder, or its events are not those that were written. */
export async function readManifest(folder: string): Promise<Manifest> {
  const text = await readFile(manifestFile(folder), 'utf8').catch((error: Error) => {
    throw new Error(`${folder} is no complete backup: ${error.message}`);
  });
  const read = manifest.parse(JSON.parse(text));
  const found = await digestOfFile(eventsFile(folder));
  if (found === read.eventsDigest) return read;
  throw new Error(`${eventsFile(folder)} was changed: it has the digest ${found}, not ${read.eventsDigest}`);
}

/** The events, a line each. Node's readline would also end lines at U+2028, which JSON leaves as it is. */
export async function* linesOf(folder: string): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of createReadStream(eventsFile(folder), 'utf8')) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

async function digestOfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
