import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { OpenTo } from '../access/access.guard.js';
import { QueuesService } from './queues.service.js';
import type { QueueList } from './schemas.js';
import { queueList } from './schemas.js';

@ApiTags('operations')
@Controller('v1/queues')
export class QueuesController {
  constructor(@Inject(QueuesService) private readonly queues: QueuesService) {}

  @Get()
  @OpenTo('operator', 'viewer', 'site')
  @ApiOperation({
    summary:
      'The queues and how full they are, and the jobs that are parked: failed for good, until somebody retries them.',
  })
  @ApiResponse({
    status: 200,
    description: 'Queues; for a site the parked jobs of its clients.',
    standardSchema: queueList,
  })
  async listQueues(): Promise<QueueList> {
    return this.queues.list();
  }
}
