import { Controller, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { AnswersOnce } from '../commands/answer-once.js';
import { Refuses } from '../openapi/refusals.js';
import type { RoundOfFederation } from '../http/path-parameters.js';
import { roundOfFederation } from '../http/path-parameters.js';
import { ReplaysService } from './replays.service.js';
import type { ReplayResource } from './schemas.js';
import { replayResource } from './schemas.js';

@ApiTags('results')
@Controller('v1/federations/:id/rounds/:round/replay')
export class ReplaysController {
  constructor(@Inject(ReplaysService) private readonly replays: ReplaysService) {}

  @Post()
  @AnswersOnce()
  @HttpCode(202)
  @ApiOperation({ summary: 'Compute merge and assignment of a round again, and compare with what was recorded.' })
  @ApiResponse({ status: 202, description: 'An aggregator will compute it.', standardSchema: replayResource })
  @Refuses('FEDERATION_NOT_FOUND', 'ROUND_NOT_AGGREGATED', 'REQUEST_UNDER_WAY')
  async requestReplay(@Param({ schema: roundOfFederation }) { id, round }: RoundOfFederation): Promise<ReplayResource> {
    return this.replays.request(id, round);
  }

  @Get()
  @ApiOperation({ summary: 'What the replay of a round came to.' })
  @ApiResponse({ status: 200, description: 'The replay that was asked for last.', standardSchema: replayResource })
  @Refuses('FEDERATION_NOT_FOUND', 'ROUND_NOT_AGGREGATED', 'REPLAY_NOT_FOUND')
  async getReplay(@Param({ schema: roundOfFederation }) { id, round }: RoundOfFederation): Promise<ReplayResource> {
    return this.replays.get(id, round);
  }
}
