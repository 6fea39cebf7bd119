/** The only HTTP that a worker answers: whether it lives, whether it can take jobs, and its metrics. */
import 'reflect-metadata';
import { Controller, Get, Inject, Module, ServiceUnavailableException, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Logger } from 'pino';
import { serveMetrics, type Metrics } from './metrics.js';
import { NestLogger } from './nest-logger.js';
import { failuresOf, type Checks } from './readiness.js';
import type { RunningService } from './run-service.js';

/** Injected by its class: an interface leaves nothing behind. */
abstract class ReadinessChecks {
  abstract readonly checks: Checks;
}

@Controller('health')
class HealthController {
  constructor(@Inject(ReadinessChecks) private readonly readiness: ReadinessChecks) {}

  @Get('live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('ready')
  async ready(): Promise<{ status: 'ok' }> {
    const reasons = await failuresOf(this.readiness.checks);
    if (Object.keys(reasons).length > 0) throw new ServiceUnavailableException({ status: 'unavailable', reasons });
    return { status: 'ok' };
  }
}

@Module({})
class HealthModule {
  static with(checks: Checks): DynamicModule {
    return {
      module: HealthModule,
      controllers: [HealthController],
      providers: [{ provide: ReadinessChecks, useValue: { checks } }],
    };
  }
}

export interface WorkerHealth {
  readonly address: { readonly host: string; readonly port: number };
  /** Each rejects with the reason why the worker cannot take jobs now. */
  readonly checks: Checks;
  readonly metrics: Metrics;
}

/** Answers GET /health/live, /health/ready and /metrics. Port 0 takes any free one. */
export async function startWorkerHealth(
  { address, checks, metrics }: WorkerHealth,
  logger: Logger,
): Promise<RunningService> {
  const app = await NestFactory.create<NestExpressApplication>(HealthModule.with(checks), {
    logger: new NestLogger(logger),
    abortOnError: false,
  });
  serveMetrics(app, metrics);
  try {
    await app.listen(address.port, address.host);
  } catch (error) {
    await app.close();
    throw error;
  }
  return { url: await app.getUrl(), close: () => app.close() };
}
