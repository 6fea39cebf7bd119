/** Finds clients and their data in a folder. */
import { readdir } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { DatasetError, loadExamples } from '@fedamole/datasets';
import { resourceName } from '@fedamole/federation';
import { UsageError } from './usage-error.js';

/** Path of each client's data, by the client's name. */
export type ClientData = Readonly<Record<string, string>>;

/**
 * A sub-folder with *.jsonl is a client of that name; in a folder of Natural Instructions tasks each *.json is one. The first
 * `limit` by name are taken, all of them read once, so that a malformed file is told before anything starts.
 */
export async function findClients(folder: string, limit: number | null): Promise<ClientData> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`--data ${folder}: cannot be read (${error.code})`);
  });
  const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
  const tasks = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.json'));
  const found = (folders.length > 0 ? folders : tasks).map(({ name }) => name).sort();
  if (found.length === 0)
    throw new UsageError(`--data ${folder}: holds neither client folders with *.jsonl nor *.json tasks`);
  if (limit !== null && limit > found.length) {
    throw new UsageError(`--clients ${limit}: ${folder} has only ${found.length}`);
  }
  const chosen = found.slice(0, limit ?? found.length);
  const clients: Record<string, string> = {};
  for (const entry of chosen) {
    const path = join(folder, entry);
    const name = clientName(folders.length > 0 ? entry : parse(entry).name, path);
    if (clients[name] !== undefined) throw new UsageError(`${clients[name]} and ${path} are both client "${name}"`);
    clients[name] = path;
    await loadExamples(path).catch((error: unknown) => {
      throw error instanceof DatasetError ? new UsageError(error.message) : error;
    });
  }
  return clients;
}

function clientName(entry: string, path: string): string {
  const name = entry.toLowerCase();
  const checked = resourceName.safeParse(name);
  if (checked.success) return name;
  throw new UsageError(`${path}: "${name}" is no client name: ${checked.error.issues[0]?.message ?? ''}`);
}
