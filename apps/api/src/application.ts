import type { ApiSettings } from '@fedamole/config';
import type { Projector } from '@fedamole/read-models';
import { RebuildRunningError } from '@fedamole/read-models';
import { NestLogger, serveMetrics, type RunningService } from '@fedamole/services';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Logger } from 'pino';
import { ApiModule } from './api.module.js';
import { AccessGuard } from './access/access.guard.js';
import { identifyCallers, nameRequests } from './access/authentication.js';
import { AuditInterceptor } from './audit/audit.interceptor.js';
import { AuditTrail } from './audit/audit-trail.js';
import { carryOrigin } from './commands/request-origin.js';
import { crossOrigin, logRequests, securityHeaders, traceRequests } from './http/middleware.js';
import { ProblemFilter } from './http/problem.filter.js';
import { ValidationPipe } from './http/validation.pipe.js';
import { ApiKeys } from './keys/api-keys.js';
import { platformMetrics } from './metrics/platform-metrics.js';
import { serveDocument } from './openapi/document.js';
import { startLoop } from './platform/background-loop.js';
import type { Platform } from './platform/platform.js';
import { openPlatform } from './platform/platform.js';
import { startRoundProcess } from './round-process/leadership.js';
import { watchWorkers } from './workers/watch-workers.js';

/** Milliseconds between two looks for events to project without a wake-up. */
const projectorPause = 2000;

/** Serves the API and keeps federations going. Rejects, with nothing left open, where it cannot start. */
export async function startApi(settings: ApiSettings, logger: Logger): Promise<RunningService> {
  const platform = await openPlatform(settings, logger);
  let application: NestExpressApplication | null = null;
  try {
    application = await createApplication(platform);
    await listen(application, settings);
    const background = [await watchWorkers(platform), startRoundProcess(platform), startProjector(platform)];
    const running = application;
    return {
      url: urlOf(await running.getUrl(), settings.host),
      async close() {
        for (const part of background) await part.close();
        await running.close();
        await platform.close();
      },
    };
  } catch (error) {
    await application?.close();
    await platform.close();
    throw error;
  }
}

async function createApplication(platform: Platform): Promise<NestExpressApplication> {
  const { settings, logger, database } = platform;
  const application = await NestFactory.create<NestExpressApplication>(ApiModule.on(platform), {
    logger: new NestLogger(logger),
    abortOnError: false,
    // Listeners to events would keep their connections for ever.
    forceCloseConnections: true,
  });
  const keys = settings.access === 'keys' ? new ApiKeys(database.prisma) : null;
  if (keys === null) logger.warn('API_ACCESS is "open": everybody who reaches this machine is an operator');
  const trail = application.get(AuditTrail);
  application.use(securityHeaders());
  // before callers are asked who they are: a scraper has no key, and fills no log
  serveMetrics(application, platformMetrics(platform));
  application.use(nameRequests(), traceRequests(), logRequests(logger));
  if (settings.corsOrigins.length > 0) application.enableCors(crossOrigin(settings.corsOrigins));
  application.use(identifyCallers(keys, settings.requestsPerMinute), carryOrigin());
  application.useBodyParser('json', { limit: settings.bodyLimit });
  application.useGlobalGuards(new AccessGuard(trail));
  application.useGlobalPipes(new ValidationPipe());
  application.useGlobalInterceptors(new AuditInterceptor(trail));
  application.useGlobalFilters(new ProblemFilter(logger));
  serveDocument(application);
  return application;
}

async function listen(application: NestExpressApplication, { port, host }: ApiSettings): Promise<void> {
  try {
    await application.listen(port, host);
  } catch (error) {
    const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
    if (code !== 'EADDRINUSE') throw error;
    throw new Error(`port ${port} of ${host} is in use: set API_PORT to another one, or to 0 for any free one`);
  }
}

function startProjector({ projector, wakeups, logger }: Platform): { close(): Promise<void> } {
  let current = false;
  const step = async (signal: AbortSignal): Promise<number> => {
    current ||= await bringUpToVersion(projector, logger, signal);
    await projector.catchUp();
    return projectorPause;
  };
  const loop = startLoop(step, (error) => logger.error({ err: error }, 'projecting stumbled; it goes on'));
  const endWakeups = wakeups.onWake(() => loop.wake());
  return {
    async close() {
      endWakeups();
      await loop.close();
    },
  };
}

/** Builds the read models again where they are an older release's; false while another replica is at it. */
async function bringUpToVersion(projector: Projector, logger: Logger, signal: AbortSignal): Promise<boolean> {
  if (!(await projector.isOutdated())) return true;
  logger.info("the read models are an older release's: they are built again, and answer meanwhile");
  try {
    await projector.rebuild({ signal });
    return true;
  } catch (error) {
    if (error instanceof RebuildRunningError) return false;
    throw error;
  }
}

/** Nest names the address that it listens on; clients want a host that they can reach. */
function urlOf(listening: string, host: string): string {
  const url = new URL(listening);
  url.hostname = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return url.origin;
}
