/** The PostgreSQL that all suites of a test run share; each makes databases of its own on it. */
import { startPostgres } from '../postgres/start-postgres.js';
import { makeTestFolder, recordOwner, removeAbandonedTestFolders, removeTestFolder } from './test-folders.js';

const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

let stopServer: (() => Promise<void>) | null = null;

/** Starts it and sets TEST_POSTGRES_URL to its superuser's address, unless that is set already. */
export async function startGlobalServer(): Promise<void> {
  if (process.env.TEST_POSTGRES_URL) return;
  await removeAbandonedTestFolders();
  const folder = await makeTestFolder();
  const server = await startPostgres({ folder, ephemeral: true });
  await recordOwner(folder, server.process, server.dataFolder);
  const onSignal = (signal: NodeJS.Signals): void => {
    // The signal itself, sent again, ends this process as if it had not been caught.
    void stopGlobalServer().finally(() => process.kill(process.pid, signal));
  };
  stopServer = async () => {
    stopServer = null;
    for (const signal of endingSignals) process.off(signal, onSignal);
    await server.stop();
    await removeTestFolder(folder, server.dataFolder);
  };
  for (const signal of endingSignals) process.once(signal, onSignal);
  process.env.TEST_POSTGRES_URL = server.url;
}

export async function stopGlobalServer(): Promise<void> {
  await stopServer?.();
}
