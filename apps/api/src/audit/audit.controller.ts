import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { AuditTrail } from './audit-trail.js';
import type { AuditFilter, AuditPage } from './schemas.js';
import { auditFilter, auditPage } from './schemas.js';

@ApiTags('access')
@Controller('v1/audit')
export class AuditController {
  constructor(@Inject(AuditTrail) private readonly trail: AuditTrail) {}

  @Get()
  @ApiOperation({ summary: 'Who asked for which change, and what came of it.' })
  @ApiResponse({ status: 200, description: 'A page of entries.', standardSchema: auditPage })
  async listAudit(@Query({ schema: auditFilter }) filter: AuditFilter): Promise<AuditPage> {
    return this.trail.list(filter);
  }
}
