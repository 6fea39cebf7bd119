/** The only HTTP that a worker answers: whether it lives, and whether it can take jobs. */
import 'reflect-metadata';
import { Controller, Get, Inject, Module, ServiceUnavailableException, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Logger } from 'pino';
import { NestLogger } from './nest-logger.js';
import type { RunningService } from './run-service.js';

/** Named checks; each rejects with the reason why the worker cannot take jobs now. */
export abstract class ReadinessChecks {
  abstract readonly checks: Readonly<Record<string, () => Promise<unknown>>>;
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
    const reasons: Record<string, string> = {};
    for (const [name, check] of Object.entries(this.readiness.checks)) {
      await check().catch((error: unknown) => {
        reasons[name] = error instanceof Error ? error.message : String(error);
      });
    }
    if (Object.keys(reasons).length > 0) throw new ServiceUnavailableException({ status: 'unavailable', reasons });
    return { status: 'ok' };
  }
}

@Module({})
class HealthModule {
  static with(readiness: ReadinessChecks): DynamicModule {
    return {
      module: HealthModule,
      controllers: [HealthController],
      providers: [{ provide: ReadinessChecks, useValue: readiness }],
    };
  }
}

/** Answers GET /health/live and /health/ready. Port 0 takes any free one. */
export async function startWorkerHealth(
  address: { readonly host: string; readonly port: number },
  checks: ReadinessChecks['checks'],
  logger: Logger,
): Promise<RunningService> {
  const app = await NestFactory.create<NestExpressApplication>(HealthModule.with({ checks }), {
    logger: new NestLogger(logger),
    abortOnError: false,
  });
  try {
    await app.listen(address.port, address.host);
  } catch (error) {
    await app.close();
    throw error;
  }
  return { url: await app.getUrl(), close: () => app.close() };
}
