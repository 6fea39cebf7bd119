/**
 * The operator's key of a cluster's api: made by the api's own command, and kept in the state folder, readable by its owner
 * only. Whoever starts the cluster, or has its files, drives the api with it.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readPrivateJson, writePrivateJson } from './private-json.js';
import type { ServiceOptions } from './services/start-service.js';

const run = promisify(execFile);

/** The kept key where the api at `apiUrl` still takes it, else a new one. Throws where none can be made. */
export async function operatorKey(
  apiUrl: string,
  { entry, env }: Pick<ServiceOptions, 'entry' | 'env'>,
  stateFolder: string,
): Promise<string> {
  const file = join(stateFolder, 'operator-key.json');
  const kept = await readPrivateJson<{ key: string }>(file);
  if (kept && (await isTaken(apiUrl, kept.key))) return kept.key;
  const args = [entry, 'make-key', '--scope', 'operator', '--description', 'whoever starts the cluster'];
  const { stdout } = await run(process.execPath, args, { env });
  const key = stdout.trim();
  await writePrivateJson(file, { key });
  return key;
}

async function isTaken(apiUrl: string, key: string): Promise<boolean> {
  const headers = { authorization: `Bearer ${key}` };
  return (await fetch(`${apiUrl}/v1/keys/current`, { headers })).ok;
}
