import { Controller, Get, Inject, Param, Query, StreamableFile } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Refuses } from '../openapi/refusals.js';
import { resourceName } from '@fedamole/federation';
import { z } from 'zod';
import { OpenTo } from '../access/access.guard.js';
import type { ById, RoundOfFederation } from '../http/path-parameters.js';
import { byId, roundOfFederation } from '../http/path-parameters.js';
import type { ByRound } from '../http/query-parameters.js';
import { byRound } from '../http/query-parameters.js';
import { Platform } from '../platform/platform.js';
import type { AsOf, AtMoment } from './as-of.js';
import { atMoment } from './as-of.js';
import type { LoadedFederation } from './loaded-federation.js';
import { loadFederation } from './loaded-federation.js';
import type { AdapterList, AssignmentResource, RoundList, RoundResource } from './rounds-schemas.js';
import { adapterList, assignmentResource, roundList, roundResource } from './rounds-schemas.js';
import { findAdapter, findAssignment, findRound, listAdapters, showRounds } from './rounds.js';

const byRoundAtMoment = byRound.extend(atMoment.shape);
type ByRoundAtMoment = z.infer<typeof byRoundAtMoment>;
const clientOfFederation = z.strictObject({ id: resourceName, client: resourceName });

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
    return { rounds: showRounds(await this.load(id, asOf)) };
  }

  @Get('rounds/:round')
  @ApiOperation({ summary: 'One round.' })
  @ApiResponse({ status: 200, description: 'The round.', standardSchema: roundResource })
  @Refuses('FEDERATION_NOT_FOUND', 'EVENT_NOT_FOUND', 'ROUND_NOT_FOUND')
  async getRound(
    @Param({ schema: roundOfFederation }) { id, round }: RoundOfFederation,
    @Query({ schema: atMoment }) { asOf }: AtMoment,
  ): Promise<RoundResource> {
    return findRound(await this.load(id, asOf), round);
  }

  @Get('assignments')
  @ApiOperation({ summary: 'Who holds which experts; of the newest assignment when no round is named.' })
  @ApiResponse({ status: 200, description: 'The assignment.', standardSchema: assignmentResource })
  @Refuses('FEDERATION_NOT_FOUND', 'EVENT_NOT_FOUND', 'ASSIGNMENT_NOT_FOUND')
  async getAssignment(
    @Param({ schema: byId }) { id }: ById,
    @Query({ schema: byRoundAtMoment }) { round, asOf }: ByRoundAtMoment,
  ): Promise<AssignmentResource> {
    return findAssignment(await this.load(id, asOf), round);
  }

  @Get('adapters')
  @ApiOperation({ summary: "The clients' personalised adapters; the newest ones when no round is named." })
  @ApiResponse({ status: 200, description: 'Adapters.', standardSchema: adapterList })
  @Refuses('FEDERATION_NOT_FOUND', 'EVENT_NOT_FOUND')
  async listAdapters(
    @Param({ schema: byId }) { id }: ById,
    @Query({ schema: byRoundAtMoment }) { round, asOf }: ByRoundAtMoment,
  ): Promise<AdapterList> {
    return { adapters: listAdapters(await this.load(id, asOf), round) };
  }

  @Get('adapters/:client')
  @ApiOperation({ summary: 'Download an adapter: safetensors, verified against its digest.' })
  @ApiProduces('application/octet-stream')
  @ApiResponse({ status: 200, description: 'The file.', schema: { type: 'string', format: 'binary' } })
  @Refuses('FEDERATION_NOT_FOUND', 'ADAPTER_NOT_FOUND', 'ARTIFACT_MISSING', 'ARTIFACT_CORRUPT')
  async downloadAdapter(
    @Param({ schema: clientOfFederation }) { id, client }: z.infer<typeof clientOfFederation>,
    @Query({ schema: byRound }) { round }: ByRound,
  ): Promise<StreamableFile> {
    const adapter = findAdapter(await this.load(id), client, round);
    const bytes = await this.platform.artifacts.get(adapter.digest);
    return new StreamableFile(bytes, {
      type: 'application/octet-stream',
      disposition: `attachment; filename="${client}-round-${adapter.round}.safetensors"`,
      length: bytes.byteLength,
    });
  }

  private load(id: string, asOf?: AsOf): Promise<LoadedFederation> {
    return loadFederation(this.platform.store, id, asOf);
  }
}
