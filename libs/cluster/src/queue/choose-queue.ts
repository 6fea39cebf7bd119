/** Which queue the platform uses: the Redis it was told, one found on this machine, or the database that it has anyway. */
import { findRedisProgram } from './redis-program.js';
import type { Server } from '../keep-running.js';
import { answersRedis, startRedis } from './start-redis.js';

export interface ChosenQueue {
  backend: 'redis' | 'postgres';
  /** Which and why, to show. */
  description: string;
  /** What tells every service of it. */
  env: { REDIS_URL: string } | { QUEUE_DATABASE_URL: string };
  /** Where it was started here. */
  server: Server | null;
  stop(): Promise<void>;
}

const nothingToStop = async (): Promise<void> => undefined;

/**
 * REDIS_URL; else a redis-server or valkey-server on PATH, started on loopback with its data in `folder`; else
 * `postgresUrl`. Throws where REDIS_URL does not answer: another queue than the one asked for would be a surprise.
 */
export async function chooseQueue(
  env: Readonly<Record<string, string | undefined>>,
  postgresUrl: string,
  folder: string,
): Promise<ChosenQueue> {
  const given = env.REDIS_URL;
  if (given) {
    if (!(await answersRedis(given))) throw new Error(`REDIS_URL: no Redis answers at ${withoutPassword(given)}.`);
    const description = `Redis at ${withoutPassword(given)} (REDIS_URL)`;
    return { backend: 'redis', description, env: { REDIS_URL: given }, server: null, stop: nothingToStop };
  }
  const program = await findRedisProgram(env.PATH ?? '');
  if (program) {
    let redis = await startRedis(program, folder);
    const { url } = redis;
    const server: Server = {
      get process() {
        return redis.process;
      },
      async restart() {
        redis = await startRedis(program, folder, url);
      },
    };
    const description = `${program.description} (${program.path}), started here`;
    return { backend: 'redis', description, env: { REDIS_URL: url }, server, stop: () => redis.stop() };
  }
  const description = 'PostgreSQL (neither REDIS_URL nor a redis-server or valkey-server of version 6.2 on PATH)';
  return {
    backend: 'postgres',
    description,
    env: { QUEUE_DATABASE_URL: postgresUrl },
    server: null,
    stop: nothingToStop,
  };
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//');
}
