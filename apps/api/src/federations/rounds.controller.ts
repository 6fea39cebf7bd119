import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Refuses } from '../openapi/refusals.js';
import { OpenTo } from '../access/access.guard.js';
import type { ById, RoundOfFederation } from '../http/path-parameters.js';
import { byId, roundOfFederation } from '../http/path-parameters.js';
import { Platform } from '../platform/platform.js';
import type { AtMoment } from './as-of.js';
import { atMoment } from './as-of.js';
import { describeDatasets } from './datasets.js';
import type { DatasetList } from './dataset-schemas.js';
import { datasetList } from './dataset-schemas.js';
import { loadFederation } from './loaded-federation.js';
import type { RoundList, RoundResource } from './rounds-schemas.js';
import { roundList, roundResource } from './rounds-schemas.js';
import { findRound, showRounds } from './rounds.js';

@ApiTags('results')
@OpenTo('operator', 'viewer', 'site')
@Controller('v1/federations/:id')
export class RoundsController {
  constructor(@Inject(Platform) private readonly platform: Platform) {}

  @Get('rounds')
  @ApiOperation({ summary: 'All rounds that were started, with what every client measured.' })
  @ApiResponse({ status: 200, description: 'Rounds.', standardSchema: roundList })
  @Refuses('FEDERATION_NOT_FOUND', 'EVENT_NOT_FOUND')
  async listRounds(
    @Param({ schema: byId }) { id }: ById,
    @Query({ schema: atMoment }) { asOf }: AtMoment,
  ): Promise<RoundList> {
    return { rounds: showRounds(await loadFederation(this.platform.store, id, asOf)) };
  }

  @Get('rounds/:round')
  @ApiOperation({ summary: 'One round.' })
  @ApiResponse({ status: 200, description: 'The round.', standardSchema: roundResource })
  @Refuses('FEDERATION_NOT_FOUND', 'EVENT_NOT_FOUND', 'ROUND_NOT_FOUND')
  async getRound(
    @Param({ schema: roundOfFederation }) { id, round }: RoundOfFederation,
    @Query({ schema: atMoment }) { asOf }: AtMoment,
  ): Promise<RoundResource> {
    return findRound(await loadFederation(this.platform.store, id, asOf), round);
  }

  @Get('datasets')
  @ApiOperation({ summary: "What is known of the clients' data: numbers and lengths of examples, never the examples." })
  @ApiResponse({ status: 200, description: 'Descriptions.', standardSchema: datasetList })
  @Refuses('FEDERATION_NOT_FOUND')
  async listDatasets(@Param({ schema: byId }) { id }: ById): Promise<DatasetList> {
    return { datasets: describeDatasets(await loadFederation(this.platform.store, id)) };
  }
}
