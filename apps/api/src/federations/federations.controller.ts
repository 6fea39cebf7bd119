import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { ById } from '../http/path-parameters.js';
import { byId } from '../http/path-parameters.js';
import { problem } from '../http/problem.js';
import type { AtMoment } from './as-of.js';
import { atMoment } from './as-of.js';
import { FederationsService } from './federations.service.js';
import type { ProgressResource } from './progress-schemas.js';
import { progressResource } from './progress-schemas.js';
import { ProgressService } from './progress.service.js';
import type { CreateFederationBody, FederationFilter, FederationPageResource, FederationResource } from './schemas.js';
import { createFederation, federationFilter, federationPage, federationResource } from './schemas.js';
import type { GiveReasonBody } from './steering-schemas.js';
import { giveReason } from './steering-schemas.js';

@ApiTags('federations')
@Controller('v1/federations')
export class FederationsController {
  constructor(
    @Inject(FederationsService) private readonly federations: FederationsService,
    @Inject(ProgressService) private readonly progress: ProgressService,
  ) {}

  @Post()
  @ApiOperation({ summary: 'Create a federation. It waits for its start.' })
  @ApiResponse({ status: 201, description: 'Created.', standardSchema: federationResource })
  @ApiResponse({ status: 400, description: 'Wrong fields.', standardSchema: problem })
  @ApiResponse({ status: 422, description: 'Something is not registered, or infeasible.', standardSchema: problem })
  async create(@Body({ schema: createFederation }) body: CreateFederationBody): Promise<FederationResource> {
    return this.federations.create(body);
  }

  @Get()
  @ApiOperation({ summary: 'Federations, newest first.' })
  @ApiResponse({ status: 200, description: 'A page of federations.', standardSchema: federationPage })
  async list(@Query({ schema: federationFilter }) filter: FederationFilter): Promise<FederationPageResource> {
    return this.federations.list(filter);
  }

  @Get(':id')
  @ApiOperation({ summary: 'One federation, as it is or as it was after any event.' })
  @ApiResponse({ status: 200, description: 'The federation.', standardSchema: federationResource })
  @ApiResponse({ status: 404, description: 'There is none of that identifier.', standardSchema: problem })
  async get(
    @Param({ schema: byId }) { id }: ById,
    @Query({ schema: atMoment }) { asOf }: AtMoment,
  ): Promise<FederationResource> {
    return this.federations.get(id, asOf);
  }

  @Post(':id/start')
  @HttpCode(200)
  @ApiOperation({ summary: 'Start a federation. Starting a running one changes nothing.' })
  @ApiResponse({ status: 200, description: 'It runs.', standardSchema: federationResource })
  @ApiResponse({ status: 409, description: 'It is paused, or has finished.', standardSchema: problem })
  async start(@Param({ schema: byId }) { id }: ById): Promise<FederationResource> {
    return this.federations.act(id, { type: 'StartFederation' });
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @ApiOperation({ summary: 'Cancel a federation. What is still computed for it is ignored.' })
  @ApiResponse({ status: 200, description: 'It is cancelled.', standardSchema: federationResource })
  @ApiResponse({ status: 409, description: 'It has finished.', standardSchema: problem })
  async cancel(
    @Param({ schema: byId }) { id }: ById,
    @Body({ schema: giveReason }) { reason }: GiveReasonBody,
  ): Promise<FederationResource> {
    return this.federations.act(id, { type: 'CancelFederation', reason: reason ?? null });
  }

  @Get(':id/progress')
  @ApiOperation({ summary: 'How far every client is in the current round.' })
  @ApiResponse({ status: 200, description: 'Progress.', standardSchema: progressResource })
  async showProgress(@Param({ schema: byId }) { id }: ById): Promise<ProgressResource> {
    return this.progress.of(id);
  }
}
