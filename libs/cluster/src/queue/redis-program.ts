/** A Redis or Valkey server on PATH that is new enough for the queue. */
import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** BullMQ's own recommendation; Valkey counts on from Redis 7.2. */
const oldest = [6, 2] as const;

export interface RedisProgram {
  path: string;
  /** `redis-server 7.0.15`, to show. */
  description: string;
}

/** The first of redis-server and valkey-server on PATH that is at least version 6.2; null where there is none. */
export async function findRedisProgram(path: string): Promise<RedisProgram | null> {
  for (const name of ['redis-server', 'valkey-server']) {
    for (const folder of path.split(delimiter).filter(Boolean)) {
      const program = join(folder, name);
      const version = (await isExecutable(program)) ? await versionOf(program) : null;
      if (version !== null) return { path: program, description: `${name} ${version}` };
    }
  }
  return null;
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The version, or null where the program tells none or is too old. */
async function versionOf(program: string): Promise<string | null> {
  let text: string;
  try {
    text = (await run(program, ['--version'])).stdout;
  } catch {
    return null;
  }
  const [, version, major, minor] = /v=((\d+)\.(\d+)\.\d+)/.exec(text) ?? [];
  if (version === undefined) return null;
  const newEnough = Number(major) > oldest[0] || (Number(major) === oldest[0] && Number(minor) >= oldest[1]);
  return newEnough ? version : null;
}
