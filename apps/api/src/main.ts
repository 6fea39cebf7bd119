/** Starts the API: settings from the environment, one JSON line per log message, graceful end. */
import { readApiSettings, SettingsError } from '@fedamole/config';
import { pino } from 'pino';
import type { RunningApi } from './application.js';
import { startApi } from './application.js';

const settings = readOrExit();
const logger = pino({ name: 'api', level: settings.logLevel });

let detached = false;
let ending = false;

function end(api: RunningApi, reason: string): void {
  if (ending) return;
  ending = true;
  logger.info({ reason }, 'closing');
  api.close().then(
    () => process.exit(0),
    (error: unknown) => {
      logger.fatal({ err: error }, 'closing failed');
      process.exit(1);
    },
  );
}

try {
  const api = await startApi(settings, logger);
  logger.info({ url: api.url }, 'listening');
  process.once('SIGTERM', () => end(api, 'SIGTERM'));
  process.once('SIGINT', () => end(api, 'SIGINT'));
  superviseBy(api);
} catch (error) {
  logger.fatal({ err: error }, error instanceof Error ? error.message : 'the api could not start');
  process.exit(1);
}

/** Where a supervisor started it with a channel: says when it is ready, and ends with it unless it was let go. */
function superviseBy(api: RunningApi): void {
  if (!process.send) return;
  process.on('message', (message) => {
    if (typeof message === 'object' && message !== null && 'type' in message && message.type === 'detach')
      detached = true;
  });
  process.on('disconnect', () => {
    if (!detached) end(api, 'the supervisor is gone');
  });
  process.send({ type: 'ready', url: api.url });
}

function readOrExit(): ReturnType<typeof readApiSettings> {
  try {
    return readApiSettings(process.env);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}
