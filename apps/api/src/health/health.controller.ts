import { failuresOf } from '@fedamole/services';
import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Refuses } from '../openapi/refusals.js';
import { z } from 'zod';
import { Public } from '../access/access.guard.js';
import { ProblemException } from '../http/problem.js';
import { Platform } from '../platform/platform.js';

const healthy = z.strictObject({ status: z.literal('ok') }).meta({ title: 'Health' });
type Healthy = z.infer<typeof healthy>;

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
  @ApiOperation({ summary: 'Whether the database, the queue and the artifacts can be used.' })
  @ApiResponse({ status: 200, description: 'They can.', standardSchema: healthy })
  @Refuses('NOT_READY')
  async isReady(): Promise<Healthy> {
    const { database, queues, artifacts } = this.platform;
    const reasons = await failuresOf({
      database: () => database.pool.query('SELECT 1'),
      queue: () => queues.training.ping(),
      artifacts: () => artifacts.requireReadable(),
    });
    const failing = Object.keys(reasons);
    if (failing.length === 0) return { status: 'ok' };
    throw new ProblemException('NOT_READY', `cannot use: ${failing.join(', ')}`, { details: reasons });
  }
}
