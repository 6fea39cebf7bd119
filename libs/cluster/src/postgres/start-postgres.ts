/** A real PostgreSQL of one's own, out of an npm package: on loopback, with a password, on any free port. */
import { spawn } from 'node:child_process';
import { closeSync, openSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { logTail } from '../log-tail.js';
import { freePort, requireFreePort } from '../ports.js';
import type { KnownProcess } from '../processes.js';
import { endProcess, knownProcess } from '../processes.js';
import { findBinaries } from './binaries.js';
import { openData } from './data-folder.js';
import type { PostgresLocations } from './locations.js';
import { chooseLocations } from './locations.js';
import { answers, findRunningServer, serverUrl } from './running-server.js';

export interface PostgresOptions {
  /** Holds the data, the password and the log; made where it is missing. */
  folder: string;
  /** Any free one where it is left out; a server that runs already keeps its own. */
  port?: number;
  /** For tests: faster, and its data do not survive a crash of the machine. */
  ephemeral?: boolean;
}

export interface PostgresServer {
  /** Of the superuser, database `postgres`. */
  url: string;
  /** Where the data are: `folder`, or a folder under /var/tmp where root asked for one that nobody else can reach. */
  dataFolder: string;
  pid: number;
  process: KnownProcess;
  /** Whether it ran before: kept, or left behind when its starter was killed. */
  adopted: boolean;
  /** Ends all its connections, then the server; returns once it has ended. Twice is once. */
  stop(): Promise<void>;
}

/** Milliseconds that a new server may take to answer. */
const patience = 60_000;
/** Tries to find a free port: another process may take it before the server does. */
const mostTries = 5;

/**
 * Starts PostgreSQL on `folder`, or offers the one that runs there. Throws where the folder cannot be written to, the
 * data are another version's, the port is in use or the server ends at once (with the last lines of its log).
 */
export async function startPostgres({ folder, port, ephemeral = false }: PostgresOptions): Promise<PostgresServer> {
  const asked = resolve(folder);
  const binaries = await findBinaries();
  await mkdir(asked, { recursive: true, mode: 0o711 });
  const locations = await chooseLocations(asked, binaries);
  const data = await openData(locations, { major: binaries.major, ephemeral });
  const running = await findRunningServer(data);
  if (running) return serverAt(data.password, locations.home, running.port, running.server, true);
  if (port !== undefined) await requireFreePort(port, 'PostgreSQL');
  for (let attempt = 1; ; attempt += 1) {
    const chosen = port ?? (await freePort());
    try {
      const server = await launch(locations, data.folder, serverUrl(data.password, chosen), chosen, ephemeral);
      return serverAt(data.password, locations.home, chosen, server, false);
    } catch (error) {
      const taken = error instanceof Error && error.message.includes('could not bind');
      if (!taken || port !== undefined || attempt === mostTries) throw error;
    }
  }
}

function serverAt(
  password: string,
  home: string,
  port: number,
  server: KnownProcess,
  adopted: boolean,
): PostgresServer {
  const { pid } = server;
  const url = serverUrl(password, port);
  return { url, dataFolder: home, pid, process: server, adopted, stop: () => stopPostgres(server) };
}

/** Fast shutdown, which rolls back what is open; an immediate one, which the next start recovers from, where that hangs. */
export async function stopPostgres(server: KnownProcess): Promise<void> {
  await endProcess(server, [
    { signal: 'SIGINT', grace: 20_000 },
    { signal: 'SIGQUIT', grace: 5000 },
    { signal: 'SIGKILL', grace: 5000 },
  ]);
}

async function launch(
  { account, binaries, home }: PostgresLocations,
  dataFolder: string,
  url: string,
  port: number,
  ephemeral: boolean,
): Promise<KnownProcess> {
  const logFile = join(home, 'postgres.log');
  const log = openSync(logFile, 'a', 0o600);
  const logStart = statSync(logFile).size;
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: 200,
    ...(ephemeral ? { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' } : {}),
  };
  const child = spawn(
    join(binaries, 'bin', 'postgres'),
    ['-D', dataFolder, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    // A kept server outlives the terminal, and Ctrl-C is for the supervisor, which stops the server last.
    { cwd: dataFolder, detached: !ephemeral, stdio: ['ignore', log, log], ...(account ?? {}) },
  );
  closeSync(log);
  let ended: string | null = null;
  child.once('error', (error) => (ended = error.message));
  child.once('exit', (code, signal) => (ended = signal ?? `status ${code}`));
  child.unref();
  const started = child.pid === undefined ? null : await knownProcess(child.pid);
  const deadline = Date.now() + patience;
  while (ended === null && Date.now() < deadline) {
    if (await answers(url)) break;
    await sleep(50);
  }
  if (started !== null && ended === null && Date.now() < deadline) return started;
  if (started !== null) await stopPostgres(started);
  const reason = ended === null ? `did not answer within ${patience / 1000} s` : `ended at once (${ended})`;
  throw new Error(`PostgreSQL ${reason}:\n${await logTail(logFile, logStart)}`);
}
