/**
 * The life of one process of the platform: settings from the environment, one JSON line per log message, a word to its
 * supervisor when it is ready, a graceful end.
 *
 * A supervisor that starts it with an IPC channel is sent `{type: 'ready', url, notice?}`; when that channel breaks the
 * process ends too, unless it was sent `{type: 'detach'}` before.
 */
import { SettingsError, type Environment } from '@fedamole/config';
import { pino, type Logger } from 'pino';
import { maskSecrets } from './masked-log.js';
import { startTracing } from './tracing.js';

export interface RunningService {
  /** Where it answers over HTTP. */
  readonly url: string;
  /** What its supervisor may tell people of it, in a few words. */
  readonly notice?: string;
  close(): Promise<void>;
}

/** Runs until the process is told to end. A wrong setting, or a failed start, ends it with status 1 and the reason. */
export async function runService<
  Settings extends { readonly logLevel: string; readonly otlpEndpoint?: string | undefined },
>(
  name: string,
  readSettings: (environment: Environment) => Settings,
  start: (settings: Settings, logger: Logger) => Promise<RunningService>,
): Promise<void> {
  const settings = settingsOrExit(readSettings);
  const logger = pino({ name, level: settings.logLevel, hooks: { streamWrite: maskSecrets } });
  const endTracing = settings.otlpEndpoint === undefined ? null : startTracing(name, settings.otlpEndpoint);
  try {
    const service = await start(settings, logger);
    logger.info({ url: service.url }, 'ready');
    endWhenTold(
      {
        ...service,
        close: async () => {
          await service.close();
          await endTracing?.();
        },
      },
      logger,
    );
  } catch (error) {
    logger.fatal({ err: error }, error instanceof Error ? error.message : `${name} could not start`);
    process.exit(1);
  }
}

function settingsOrExit<Settings>(readSettings: (environment: Environment) => Settings): Settings {
  try {
    return readSettings(process.env);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

function endWhenTold(service: RunningService, logger: Logger): void {
  let ending = false;
  let detached = false;
  const end = (reason: string): void => {
    if (ending) return;
    ending = true;
    logger.info({ reason }, 'closing');
    service.close().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.fatal({ err: error }, 'closing failed');
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', () => end('SIGTERM'));
  process.once('SIGINT', () => end('SIGINT'));
  if (process.send === undefined) return;
  process.on('message', (message) => {
    if (typeof message === 'object' && message !== null && 'type' in message && message.type === 'detach')
      detached = true;
  });
  process.on('disconnect', () => {
    if (!detached) end('the supervisor is gone');
  });
  process.send({ type: 'ready', url: service.url, notice: service.notice });
}
