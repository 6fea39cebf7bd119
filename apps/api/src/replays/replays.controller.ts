import { Controller, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { RoundOfFederation } from '../http/path-parameters.js';
import { roundOfFederation } from '../http/path-parameters.js';
import { problem } from '../http/problem.js';
import { ReplaysService } from './replays.service.js';
import type { ReplayResource } from './schemas.js';
import { replayResource } from './schemas.js';

@ApiTags('results')
@Controller('v1/federations/:id/rounds/:round/replay')
export class ReplaysController {
  constructor(@Inject(ReplaysService) private readonly replays: ReplaysService) {}

  @Post()
  @HttpCode(202)
  @ApiOperation({ summary: 'Compute merge and assignment of a round again, and compare with what was recorded.' })
  @ApiResponse({ status: 202, description: 'An aggregator will compute it.', standardSchema: replayResource })
  @ApiResponse({ status: 409, description: 'The round was not aggregated.', standardSchema: problem })
  async request(@Param({ schema: roundOfFederation }) { id, round }: RoundOfFederation): Promise<ReplayResource> {
    return this.replays.request(id, round);
  }

  @Get()
  @ApiOperation({ summary: 'What the replay of a round came to.' })
  @ApiResponse({ status: 200, description: 'The replay that was asked for last.', standardSchema: replayResource })
  @ApiResponse({ status: 404, description: 'None was asked for.', standardSchema: problem })
  async get(@Param({ schema: roundOfFederation }) { id, round }: RoundOfFederation): Promise<ReplayResource> {
    return this.replays.get(id, round);
  }
}
