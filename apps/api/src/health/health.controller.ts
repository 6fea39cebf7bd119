import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Refuses } from '../openapi/refusals.js';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { Public } from '../access/access.guard.js';
import { ProblemException } from '../http/problem.js';
import { Platform } from '../platform/platform.js';

const healthy = z.strictObject({ status: z.literal('ok') });
type Healthy = z.infer<typeof healthy>;

/** Milliseconds after which a silent dependency counts as unreachable. */
const patience = 3000;

@ApiTags('health')
@Public()
@Controller('health')
export class HealthController {
  constructor(@Inject(Platform) private readonly platform: Platform) {}

  @Get('live')
  @ApiOperation({ summary: 'Whether the process answers.' })
  @ApiResponse({ status: 200, description: 'It does.', standardSchema: healthy })
  isAlive(): Healthy {
    return { status: 'ok' };
  }

  @Get('ready')
  @ApiOperation({ summary: 'Whether the database and the queue answer.' })
  @ApiResponse({ status: 200, description: 'Both do.', standardSchema: healthy })
  @Refuses('NOT_READY')
  async isReady(): Promise<Healthy> {
    const { database, queues } = this.platform;
    const checks = { database: database.pool.query('SELECT 1'), queue: queues.training.ping() };
    const reasons: Record<string, string> = {};
    for (const [name, check] of Object.entries(checks)) {
      const reason = await failureOf(check);
      if (reason !== null) reasons[name] = reason;
    }
    const failing = Object.keys(reasons);
    if (failing.length === 0) return { status: 'ok' };
    throw new ProblemException('NOT_READY', `cannot reach: ${failing.join(', ')}`, { details: reasons });
  }
}

async function failureOf(check: Promise<unknown>): Promise<string | null> {
  const timer = new AbortController();
  const tooLong = sleep(patience, `no answer within ${patience} ms`, { signal: timer.signal }).catch(() => null);
  const answer = check.then(
    () => null,
    (error: unknown) => (error instanceof Error ? error.message || error.name : String(error)),
  );
  const reason = await Promise.race([answer, tooLong]);
  timer.abort();
  return reason;
}
