import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, UseInterceptors } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Refuses } from '../openapi/refusals.js';
import { OpenTo } from '../access/access.guard.js';
import type { ById } from '../http/path-parameters.js';
import { EntityTagInterceptor } from '../http/entity-tags.js';
import { byId } from '../http/path-parameters.js';
import type { AtMoment } from './as-of.js';
import { atMoment } from './as-of.js';
import { FederationsService } from './federations.service.js';
import type { ProgressResource } from './progress-schemas.js';
import { progressResource } from './progress-schemas.js';
import { ProgressService } from './progress.service.js';
import type { CreateFederationBody, FederationFilter, FederationPageResource, FederationResource } from './schemas.js';
import { createFederation, federationFilter, federationPage, federationResource } from './schemas.js';
import type { ValidationResource } from './validation-schemas.js';
import { validationResource } from './validation-schemas.js';
import { ValidationService } from './validation.service.js';
import type { GiveReasonBody } from './steering-schemas.js';
import { giveReason } from './steering-schemas.js';

@ApiTags('federations')
@Controller('v1/federations')
export class FederationsController {
  constructor(
    @Inject(FederationsService) private readonly federations: FederationsService,
    @Inject(ProgressService) private readonly progress: ProgressService,
    @Inject(ValidationService) private readonly validation: ValidationService,
  ) {}

  @Post()
  @UseInterceptors(EntityTagInterceptor)
  @ApiOperation({ summary: 'Create a federation. It waits for its start.' })
  @ApiResponse({ status: 201, description: 'Created.', standardSchema: federationResource })
  @Refuses(
    'CLIENTS_NOT_DISTINCT',
    'BASE_MODEL_NOT_REGISTERED',
    'BASE_MODEL_UNREADABLE',
    'CLIENTS_NOT_REGISTERED',
    'CONFIGURATION_CONFLICT',
    'FEDERATION_INFEASIBLE',
    'NO_ROOM_FOR_PROMPTS',
    'TARGET_MODULES_UNKNOWN',
    'VERSION_CHANGED',
  )
  async createFederation(@Body({ schema: createFederation }) body: CreateFederationBody): Promise<FederationResource> {
    return this.federations.create(body);
  }

  @Post('validate')
  @HttpCode(200)
  @OpenTo('operator', 'viewer')
  @ApiOperation({
    summary: 'Say everything that is wrong with a federation before it is created, and what it would take.',
  })
  @ApiBody({ schema: { $ref: '#/components/schemas/CreateFederation' } })
  @ApiResponse({ status: 200, description: 'What there is to say.', standardSchema: validationResource })
  async validateFederation(@Body() body: unknown): Promise<ValidationResource> {
    return this.validation.validate(body);
  }

  @Get()
  @OpenTo('operator', 'viewer', 'site')
  @ApiOperation({ summary: 'Federations, newest first.' })
  @ApiResponse({ status: 200, description: 'A page of federations.', standardSchema: federationPage })
  async listFederations(
    @Query({ schema: federationFilter }) filter: FederationFilter,
  ): Promise<FederationPageResource> {
    return this.federations.list(filter);
  }

  @Get(':id')
  @OpenTo('operator', 'viewer', 'site')
  @UseInterceptors(EntityTagInterceptor)
  @ApiOperation({ summary: 'One federation, as it is or as it was after any event.' })
  @ApiResponse({ status: 200, description: 'The federation.', standardSchema: federationResource })
  @Refuses('FEDERATION_NOT_FOUND', 'EVENT_NOT_FOUND')
  async getFederation(
    @Param({ schema: byId }) { id }: ById,
    @Query({ schema: atMoment }) { asOf }: AtMoment,
  ): Promise<FederationResource> {
    return this.federations.get(id, asOf);
  }

  @Post(':id/start')
  @UseInterceptors(EntityTagInterceptor)
  @HttpCode(200)
  @ApiOperation({ summary: 'Start a federation. Starting a running one changes nothing.' })
  @ApiResponse({ status: 200, description: 'It runs.', standardSchema: federationResource })
  @Refuses(
    'FEDERATION_NOT_FOUND',
    'CHANGED_MEANWHILE',
    'VERSION_CHANGED',
    'FEDERATION_PAUSED',
    'FEDERATION_ALREADY_FINISHED',
  )
  async startFederation(@Param({ schema: byId }) { id }: ById): Promise<FederationResource> {
    return this.federations.act(id, { type: 'StartFederation' });
  }

  @Post(':id/cancel')
  @UseInterceptors(EntityTagInterceptor)
  @HttpCode(200)
  @ApiOperation({ summary: 'Cancel a federation. What is still computed for it is ignored.' })
  @ApiResponse({ status: 200, description: 'It is cancelled.', standardSchema: federationResource })
  @Refuses('FEDERATION_NOT_FOUND', 'CHANGED_MEANWHILE', 'VERSION_CHANGED', 'FEDERATION_ALREADY_FINISHED')
  async cancelFederation(
    @Param({ schema: byId }) { id }: ById,
    @Body({ schema: giveReason }) { reason }: GiveReasonBody,
  ): Promise<FederationResource> {
    return this.federations.act(id, { type: 'CancelFederation', reason: reason ?? null });
  }

  @Get(':id/progress')
  @OpenTo('operator', 'viewer', 'site')
  @ApiOperation({ summary: 'How far every client is in the current round.' })
  @ApiResponse({ status: 200, description: 'Progress.', standardSchema: progressResource })
  @Refuses('FEDERATION_NOT_FOUND')
  async getProgress(@Param({ schema: byId }) { id }: ById): Promise<ProgressResource> {
    return this.progress.of(id);
  }
}
