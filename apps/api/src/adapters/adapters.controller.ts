import { resourceName } from '@fedamole/federation';
import type { StreamableFile } from '@nestjs/common';
import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { OpenTo } from '../access/access.guard.js';
import { byRoundAtMoment, type ByRoundAtMoment } from '../federations/as-of.js';
import type { ById } from '../http/path-parameters.js';
import { byId } from '../http/path-parameters.js';
import type { ByRound } from '../http/query-parameters.js';
import { byRound } from '../http/query-parameters.js';
import { safetensorsFile } from '../http/safetensors-file.js';
import { Refuses } from '../openapi/refusals.js';
import { AdaptersService } from './adapters.service.js';
import type { AdapterList, LineageResource } from './schemas.js';
import { adapterList, lineageResource } from './schemas.js';

const clientOfFederation = z.strictObject({ id: resourceName, client: resourceName });
type ClientOfFederation = z.infer<typeof clientOfFederation>;

@ApiTags('results')
@OpenTo('operator', 'viewer', 'site')
@Controller('v1/federations/:id/adapters')
export class AdaptersController {
  constructor(@Inject(AdaptersService) private readonly adapters: AdaptersService) {}

  @Get()
  @ApiOperation({ summary: "The clients' personalised adapters; the newest ones when no round is named." })
  @ApiResponse({ status: 200, description: 'Adapters.', standardSchema: adapterList })
  @Refuses('FEDERATION_NOT_FOUND', 'EVENT_NOT_FOUND')
  async listAdapters(
    @Param({ schema: byId }) { id }: ById,
    @Query({ schema: byRoundAtMoment }) { round, asOf }: ByRoundAtMoment,
  ): Promise<AdapterList> {
    return { adapters: await this.adapters.list(id, round, asOf) };
  }

  @Get(':client')
  @ApiOperation({ summary: 'Download an adapter: safetensors, verified against its digest.' })
  @ApiProduces('application/octet-stream')
  @ApiResponse({ status: 200, description: 'The file.', schema: { type: 'string', format: 'binary' } })
  @Refuses('FEDERATION_NOT_FOUND', 'ADAPTER_NOT_FOUND', 'ARTIFACT_MISSING', 'ARTIFACT_CORRUPT')
  async downloadAdapter(
    @Param({ schema: clientOfFederation }) { id, client }: ClientOfFederation,
    @Query({ schema: byRound }) { round }: ByRound,
  ): Promise<StreamableFile> {
    const { bytes, fileName } = await this.adapters.read(id, client, round);
    return safetensorsFile(bytes, fileName);
  }

  @Get(':client/lineage')
  @ApiOperation({ summary: 'Where an adapter comes from: base model, experts, and every pool since the first.' })
  @ApiResponse({ status: 200, description: 'Its lineage.', standardSchema: lineageResource })
  @Refuses('FEDERATION_NOT_FOUND', 'ADAPTER_NOT_FOUND')
  async getAdapterLineage(
    @Param({ schema: clientOfFederation }) { id, client }: ClientOfFederation,
    @Query({ schema: byRound }) { round }: ByRound,
  ): Promise<LineageResource> {
    return this.adapters.lineage(id, client, round);
  }
}
