import { Controller, Get, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { AnswersOnce } from '../commands/answer-once.js';
import { Refuses } from '../openapi/refusals.js';
import { ReadModelsService } from './read-models.service.js';
import type { ReadModelsResource } from './schemas.js';
import { readModelsResource } from './schemas.js';

@ApiTags('operations')
@Controller('v1/read-models')
export class ReadModelsController {
  constructor(@Inject(ReadModelsService) private readonly readModels: ReadModelsService) {}

  @Get()
  @ApiOperation({ summary: 'How far the read models are, and a rebuild if one runs.' })
  @ApiResponse({ status: 200, description: 'Positions and versions.', standardSchema: readModelsResource })
  async getReadModels(): Promise<ReadModelsResource> {
    return this.readModels.state();
  }

  @Post('rebuild')
  @AnswersOnce()
  @HttpCode(202)
  @ApiOperation({ summary: 'Build all read models again from the events. Reads go on answering meanwhile.' })
  @ApiResponse({ status: 202, description: 'It has begun.', standardSchema: readModelsResource })
  @Refuses('REBUILD_RUNNING', 'REQUEST_UNDER_WAY')
  async rebuildReadModels(): Promise<ReadModelsResource> {
    return this.readModels.startRebuild();
  }
}
