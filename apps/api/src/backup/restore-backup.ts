import { openArtifacts } from '@fedamole/artifacts';
import type { BackupSettings } from '@fedamole/config';
import { onOwnConnection, openDatabase, verifyLog, type Database } from '@fedamole/event-store';
import { artifactsOf, linesOf, readManifest, type Manifest } from './backup-folder.js';
import { addLines, logEnd } from './event-lines.js';

/**
 * Restores a backup into a database that was migrated and holds no event. Artifacts come first, each checked against its
 * digest, so that no event ever names one that is not there; the events follow in one transaction, which ends only where
 * the chain that the database computes ends in the backup's hash. Read models and jobs come back by themselves.
 */
export async function restoreBackup(settings: BackupSettings, folder: string): Promise<Manifest> {
  const manifest = await readManifest(folder);
  const database = openDatabase(settings.databaseUrl, () => undefined);
  try {
    await requireNoEvents(database);
    const [from, to] = [artifactsOf(folder), await openArtifacts(settings.artifacts)];
    for (const digest of manifest.artifacts) await to.put(await from.get(digest));
    await restoreEvents(database, folder, manifest);
    const { tampering } = await verifyLog(database, manifest.end);
    if (tampering) throw new Error(`the restored log does not verify: ${tampering.reason}`);
    return manifest;
  } finally {
    await database.close();
  }
}

async function requireNoEvents({ pool }: Database): Promise<void> {
  const { rows } = await pool.query<{ migrated: boolean }>(`SELECT to_regclass('event_head') IS NOT NULL AS migrated`);
  if (!rows[0]?.migrated) {
    throw new Error('the database has no tables yet: run `npx prisma migrate deploy` with DATABASE_URL set to it');
  }
  const { rows: heads } = await pool.query<{ position: string }>('SELECT position::text AS position FROM event_head');
  refuseEvents(heads[0]?.position);
}

async function restoreEvents(database: Database, folder: string, { end, events }: Manifest): Promise<void> {
  await onOwnConnection(database, async (client) => {
    await client.query('BEGIN');
    const { rows } = await client.query<{ position: string }>(
      'SELECT position::text AS position FROM event_head FOR UPDATE',
    );
    refuseEvents(rows[0]?.position);
    await addLines(client, linesOf(folder));
    const restored = await logEnd(client);
    if (restored.position !== end.position || restored.hash !== end.hash) {
      throw new Error(`the ${events} events end in hash ${restored.hash}, not ${end.hash}: nothing was restored`);
    }
    await client.query('COMMIT');
  });
}

function refuseEvents(position: string | undefined): void {
  if (position === '0') return;
  throw new Error(`the database holds events up to position ${position}: restore into one without events`);
}
