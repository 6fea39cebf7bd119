import { openArtifacts, type ArtifactStore } from '@fedamole/artifacts';
import type { BackupSettings } from '@fedamole/config';
import { onOwnConnection, openDatabase, type LogEnd } from '@fedamole/event-store';
import { createHash } from 'node:crypto';
import { mkdir, open, readdir } from 'node:fs/promises';
import { artifactsOf, eventsFile, manifestFile, type Manifest } from './backup-folder.js';
import { logEnd, readLines } from './event-lines.js';
import { namedArtifacts } from './named-artifacts.js';

type WrittenEvents = Pick<Manifest, 'end' | 'events' | 'eventsDigest'> & { readonly named: ReadonlySet<string> };

/**
 * Backs a platform up while it runs: events of one snapshot first, then every artifact that they name. Artifacts are
 * stored before their event and never changed, so all that the snapshot names are there. The folder must be empty, or not
 * there yet. An artifact that cannot be read is told in the manifest; everything else is kept.
 */
export async function makeBackup(settings: BackupSettings, folder: string): Promise<Manifest> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if ((await readdir(folder)).length > 0)
    throw new Error(`${folder} is not empty: a backup goes into a folder of its own`);
  const { named, ...written } = await writeEvents(settings.databaseUrl, eventsFile(folder));
  const artifacts = await copyArtifacts(await openArtifacts(settings.artifacts), artifactsOf(folder), named);
  const manifest: Manifest = { format: 1, ...written, ...artifacts };
  await writeDurably(manifestFile(folder), async (write) => write(`${JSON.stringify(manifest, null, 2)}\n`));
  return manifest;
}

async function writeEvents(databaseUrl: string, path: string): Promise<WrittenEvents> {
  const database = openDatabase(databaseUrl, () => undefined);
  const hash = createHash('sha256');
  const named = new Set<string>();
  let events = 0;
  try {
    const end = await onOwnConnection(database, async (client): Promise<LogEnd> => {
      await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
      await writeDurably(path, async (write) => {
        for await (const line of readLines(client)) {
          const { data } = JSON.parse(line) as { data: unknown };
          for (const digest of namedArtifacts(data)) named.add(digest);
          hash.update(`${line}\n`);
          await write(`${line}\n`);
          events++;
        }
      });
      return logEnd(client);
    });
    return { end, events, eventsDigest: hash.digest('hex'), named };
  } finally {
    await database.close();
  }
}

async function copyArtifacts(
  from: ArtifactStore,
  to: ArtifactStore,
  digests: ReadonlySet<string>,
): Promise<Pick<Manifest, 'artifacts' | 'unreadable'>> {
  await mkdir(to.name, { mode: 0o700 });
  const artifacts: string[] = [];
  const unreadable: Manifest['unreadable'] = [];
  for (const digest of [...digests].sort()) {
    const bytes = await from.get(digest).catch((error: Error) => {
      unreadable.push({ digest, reason: error.message });
      return null;
    });
    if (bytes === null) continue;
    await to.put(bytes);
    artifacts.push(digest);
  }
  return { artifacts, unreadable };
}

/** A new file, on the disk when this resolves. */
async function writeDurably(
  path: string,
  fill: (write: (text: string) => Promise<void>) => Promise<void>,
): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await fill((text) => file.appendFile(text));
    await file.sync();
  } finally {
    await file.close();
  }
}
