import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ArtifactStore, type ArtifactPlace } from '@fedamole/artifacts';
import { S3Server } from '@fedamole/artifacts/fixtures';
import { EventStore, openDatabase, verifyLog } from '@fedamole/event-store';
import { migratedDatabase, type MigratedDatabase } from '@fedamole/event-store/fixtures';
import { appendFileSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { startApi } from '../application.js';
import type { FederationResource } from '../federations/schemas.js';
import { HttpClient } from '../fixtures/http-client.js';
import { standInWorkers } from '../fixtures/stand-in-workers.js';
import type { TestBench } from '../fixtures/test-bench.js';
import { eventually, testBench } from '../fixtures/test-bench.js';
import { makeBackup } from './make-backup.js';
import { restoreBackup } from './restore-backup.js';

const silent = pino({ level: 'silent' });
let root: string;
let original: TestBench;
let restored: TestBench;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'backup-'));
  [original, restored] = await Promise.all([testBench(), testBench()]);
});
afterAll(async () => {
  await Promise.all([original.close(), restored.close()]);
  rmSync(root, { recursive: true });
});

async function allRows(databaseUrl: string): Promise<unknown[]> {
  const database = openDatabase(databaseUrl, () => undefined);
  try {
    return (await database.pool.query('SELECT event::text AS row FROM event ORDER BY position')).rows;
  } finally {
    await database.close();
  }
}

async function verified(databaseUrl: string): Promise<void> {
  const database = openDatabase(databaseUrl, () => undefined);
  try {
    expect((await verifyLog(database)).tampering).toBeNull();
  } finally {
    await database.close();
  }
}

async function onFresh(use: (settings: { databaseUrl: string; artifacts: ArtifactPlace }) => Promise<void>) {
  const database: MigratedDatabase = await migratedDatabase();
  try {
    await use({
      databaseUrl: database.url,
      artifacts: { kind: 'folder', folder: mkdtempSync(join(root, 'artifacts-')) },
    });
  } finally {
    await database.drop();
  }
}

describe('a backup', () => {
  const folder = (): string => join(root, 'of-a-federation');

  it('of a running platform is restored, event for event and hash for hash, and the federation is there again', async () => {
    const api = await startApi(original.settings, silent);
    const http = new HttpClient(api.url);
    const workers = await standInWorkers({ settings: original.settings.queue, artifacts: original.artifacts });
    await http.post('/v1/base-models', { name: 'tiny', digest: original.modelDigest });
    for (const name of ['archive', 'hospital']) await http.post('/v1/clients', { name });
    const created = await http.post<FederationResource>('/v1/federations', {
      baseModel: 'tiny',
      clients: ['archive', 'hospital'],
      configuration: { rounds: 2, stepsPerRound: 3, experts: 4, expertChoices: 2 },
    });
    const { id } = created.body;
    await http.post(`/v1/federations/${id}/start`);
    await eventually(async () =>
      (await http.get<FederationResource>(`/v1/federations/${id}`)).body.status === 'completed' ? true : null,
    );
    const manifest = await makeBackup(original.settings, folder());
    const rounds = (await http.get(`/v1/federations/${id}/rounds`)).body;
    await workers.close();
    await api.close();
    expect(manifest.unreadable).toEqual([]);
    expect(manifest.artifacts.length).toBeGreaterThan(4);

    await restoreBackup(restored.settings, folder());
    expect(await allRows(restored.settings.databaseUrl)).toEqual(await allRows(original.settings.databaseUrl));
    await verified(restored.settings.databaseUrl);
    const again = await startApi(restored.settings, silent);
    try {
      const client = new HttpClient(again.url);
      await eventually(async () =>
        (await client.get<FederationResource>(`/v1/federations/${id}`)).status === 200 ? true : null,
      );
      expect((await client.get(`/v1/federations/${id}/rounds`)).body).toEqual(rounds);
    } finally {
      await again.close();
    }
  });

  it('is restored only into a database without events', async () => {
    await expect(restoreBackup(restored.settings, folder())).rejects.toThrow(/holds events up to position \d+/);
  });

  it('never goes into a folder that holds something', async () => {
    await expect(makeBackup(original.settings, folder())).rejects.toThrow('is not empty');
  });

  it('whose events or artifacts were changed is refused, and adds no event', async () => {
    const changed = join(root, 'changed');
    cpSync(folder(), changed, { recursive: true });
    appendFileSync(join(changed, 'events.jsonl'), '{}\n');
    const damaged = join(root, 'damaged');
    cpSync(folder(), damaged, { recursive: true });
    const { artifacts } = JSON.parse(readFileSync(join(damaged, 'manifest.json'), 'utf8')) as { artifacts: string[] };
    writeFileSync(new ArtifactStore(join(damaged, 'artifacts')).path(artifacts[0] ?? ''), 'other bytes');
    const cut = join(root, 'cut');
    cpSync(folder(), cut, { recursive: true });
    rmSync(join(cut, 'manifest.json'));
    await onFresh(async (settings) => {
      await expect(restoreBackup(settings, changed)).rejects.toThrow('events.jsonl was changed');
      await expect(restoreBackup(settings, damaged)).rejects.toThrow(`Artifact ${artifacts[0]} is corrupt`);
      await expect(restoreBackup(settings, cut)).rejects.toThrow('is no complete backup');
      expect(await allRows(settings.databaseUrl)).toEqual([]);
      await restoreBackup(settings, folder());
    });
  });

  it('is restored into a bucket, and made from one', async () => {
    const server = new S3Server();
    try {
      await server.start();
      await onFresh(async ({ databaseUrl }) => {
        const settings = { databaseUrl, artifacts: server.place() };
        const { artifacts, end } = await restoreBackup(settings, folder());
        const again = await makeBackup(settings, join(root, 'from-a-bucket'));
        expect(again).toMatchObject({ artifacts, end, unreadable: [] });
        const key = `here/${artifacts[0]?.slice(0, 2)}/${artifacts[0]?.slice(2)}`;
        expect(existsSync(join(server.folder, 'artifacts', `${key}._S3rver_object`))).toBe(true);
      });
    } finally {
      await server.remove();
    }
  });

  it('tells of an artifact that is missing, and keeps everything else', async () => {
    const { artifacts } = JSON.parse(readFileSync(join(folder(), 'manifest.json'), 'utf8')) as { artifacts: string[] };
    const [lost = '', ...others] = artifacts;
    rmSync(original.artifacts.path(lost));
    const manifest = await makeBackup(original.settings, join(root, 'with-a-loss'));
    expect(manifest.unreadable).toEqual([{ digest: lost, reason: `Artifact ${lost} is missing` }]);
    expect(manifest.artifacts).toEqual(others);
  });

  it('keeps every digit, odd texts, and gaps between positions of old logs', async () => {
    await onFresh(async (from) => {
      const database = openDatabase(from.databaseUrl, () => undefined);
      const store = new EventStore(database.prisma);
      await store.append('odd', 0, [{ type: 'Odd', data: { text: 'a\u2028b\nc"\\' } }], { idempotencyKey: 'once' });
      await database.pool.query('UPDATE event_head SET position = 41');
      await database.pool.query(
        `INSERT INTO event (id, stream, version, type, schema_version, data, metadata, recorded_at)
         VALUES (gen_random_uuid(), 'odd', 2, 'Odd', 1, '{"n": [1.10, 12345678901234567890.5, 1e-30]}', '{}', '2024-02-29T23:59:59.987Z')`,
      );
      await database.close();
      const odd = join(root, 'odd');
      expect((await makeBackup(from, odd)).end.position).toBe('42');
      await onFresh(async (to) => {
        await restoreBackup(to, odd);
        expect(await allRows(to.databaseUrl)).toEqual(await allRows(from.databaseUrl));
        await verified(to.databaseUrl);
      });
    });
  });
});
