import { verifyLog } from '@fedamole/event-store';
import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Platform } from '../platform/platform.js';
import type { KeptEnd, VerificationResource } from './schemas.js';
import { keptEnd, verificationResource } from './schemas.js';

@ApiTags('operations')
@Controller('v1/events/verify')
export class VerificationController {
  constructor(@Inject(Platform) private readonly platform: Platform) {}

  @Get()
  @ApiOperation({ summary: 'Check the hash chain over the whole log; names the first event that was tampered with.' })
  @ApiResponse({ status: 200, description: 'What was found.', standardSchema: verificationResource })
  async verifyEvents(@Query({ schema: keptEnd }) { position, hash }: KeptEnd): Promise<VerificationResource> {
    const kept = position === undefined || hash === undefined ? null : { position: String(position), hash };
    const verification = await verifyLog(this.platform.database, kept);
    return { intact: verification.tampering === null, ...verification };
  }
}
