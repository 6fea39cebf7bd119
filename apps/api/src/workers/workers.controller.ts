import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { OpenTo } from '../access/access.guard.js';
import type { WorkerList } from './schemas.js';
import { workerList } from './schemas.js';
import { WorkersService } from './workers.service.js';

@ApiTags('operations')
@Controller('v1/workers')
export class WorkersController {
  constructor(@Inject(WorkersService) private readonly workers: WorkersService) {}

  @Get()
  @OpenTo('operator', 'viewer', 'site')
  @ApiOperation({
    summary: 'The trainers and aggregators that live: what each can, what it runs and how fast.',
  })
  @ApiResponse({
    status: 200,
    description: 'Workers; for a site the trainers that reach its clients, and nothing about other clients.',
    standardSchema: workerList,
  })
  listWorkers(): WorkerList {
    return this.workers.list();
  }
}
