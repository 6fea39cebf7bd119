import type { OperatorCommand } from '@fedamole/federation';
import { Body, Controller, HttpCode, Inject, Param, Post, UseInterceptors } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Refuses } from '../openapi/refusals.js';
import { OpenTo } from '../access/access.guard.js';
import { EntityTagInterceptor } from '../http/entity-tags.js';
import type { ById } from '../http/path-parameters.js';
import { byId } from '../http/path-parameters.js';
import { FederationsService } from './federations.service.js';
import type { FederationResource } from './schemas.js';
import { federationResource } from './schemas.js';
import type { ForkFederationBody, GiveReasonBody, MemberOfFederation, ParticipantOfRound } from './steering-schemas.js';
import { forkFederationBody, giveReason, memberOfFederation, participantOfRound } from './steering-schemas.js';

/** How an operator steers a federation on its way. Each command changes nothing when it is repeated. */
@ApiTags('federations')
@Controller('v1/federations/:id')
@UseInterceptors(EntityTagInterceptor)
export class SteeringController {
  constructor(@Inject(FederationsService) private readonly federations: FederationsService) {}

  @Post('pause')
  @HttpCode(200)
  @ApiOperation({ summary: 'Pause a federation: no new jobs; what runs may end and is recorded.' })
  @ApiResponse({ status: 200, description: 'It is paused.', standardSchema: federationResource })
  @Refuses(
    'FEDERATION_NOT_FOUND',
    'CHANGED_MEANWHILE',
    'VERSION_CHANGED',
    'FEDERATION_NOT_RUNNING',
    'FEDERATION_ALREADY_FINISHED',
  )
  async pauseFederation(
    @Param({ schema: byId }) { id }: ById,
    @Body({ schema: giveReason }) { reason }: GiveReasonBody,
  ): Promise<FederationResource> {
    return this.act(id, { type: 'PauseFederation', reason: reason ?? null });
  }

  @Post('resume')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Resume a paused federation. Where too few clients had answered, those that had not get another attempt.',
  })
  @ApiResponse({ status: 200, description: 'It goes on.', standardSchema: federationResource })
  @Refuses(
    'FEDERATION_NOT_FOUND',
    'CHANGED_MEANWHILE',
    'VERSION_CHANGED',
    'FEDERATION_NOT_RUNNING',
    'FEDERATION_ALREADY_FINISHED',
    'FEDERATION_INFEASIBLE',
  )
  async resumeFederation(@Param({ schema: byId }) { id }: ById): Promise<FederationResource> {
    return this.act(id, { type: 'ResumeFederation' });
  }

  @Post('clients/:name/leave')
  @OpenTo('operator', 'site')
  @HttpCode(200)
  @ApiOperation({ summary: 'Take a client out: it is waited for no more; what it has handed in is still merged.' })
  @ApiResponse({ status: 200, description: 'It has left.', standardSchema: federationResource })
  @Refuses(
    'FEDERATION_NOT_FOUND',
    'CHANGED_MEANWHILE',
    'VERSION_CHANGED',
    'CLIENT_NOT_IN_FEDERATION',
    'LAST_CLIENT',
    'FEDERATION_ALREADY_FINISHED',
  )
  async leaveFederation(
    @Param({ schema: memberOfFederation }) { id, name }: MemberOfFederation,
    @Body({ schema: giveReason }) { reason }: GiveReasonBody,
  ): Promise<FederationResource> {
    await this.federations.requireKnown(id, name);
    return this.act(id, { type: 'DropClient', client: name, reason: reason ?? null });
  }

  @Post('clients/:name/join')
  @OpenTo('operator', 'site')
  @HttpCode(200)
  @ApiOperation({ summary: 'Take in a registered client, new or back again: it takes part from the next round on.' })
  @ApiResponse({ status: 200, description: 'It has joined.', standardSchema: federationResource })
  @Refuses(
    'FEDERATION_NOT_FOUND',
    'CHANGED_MEANWHILE',
    'VERSION_CHANGED',
    'CLIENT_NOT_IN_FEDERATION',
    'CLIENTS_NOT_REGISTERED',
    'FEDERATION_ALREADY_FINISHED',
  )
  async joinFederation(
    @Param({ schema: memberOfFederation }) { id, name }: MemberOfFederation,
  ): Promise<FederationResource> {
    await this.federations.requireKnown(id, name);
    return this.federations.join(id, name);
  }

  @Post('rounds/:round/clients/:name/retry')
  @OpenTo('operator', 'site')
  @HttpCode(200)
  @ApiOperation({ summary: "Give a client's parked job another attempt, while its round is open." })
  @ApiResponse({ status: 200, description: 'It is tried again.', standardSchema: federationResource })
  @Refuses(
    'FEDERATION_NOT_FOUND',
    'CHANGED_MEANWHILE',
    'VERSION_CHANGED',
    'CLIENT_NOT_IN_FEDERATION',
    'FEDERATION_NOT_RUNNING',
    'FEDERATION_PAUSED',
    'FEDERATION_ALREADY_FINISHED',
    'ROUND_NOT_STARTED',
    'ROUND_ALREADY_CLOSED',
  )
  async retryClient(
    @Param({ schema: participantOfRound }) { id, round, name }: ParticipantOfRound,
  ): Promise<FederationResource> {
    await this.federations.requireKnown(id, name);
    return this.act(id, { type: 'RetryClient', round, client: name });
  }

  @Post('fork')
  @ApiOperation({ summary: 'Create a federation that goes on from a round of this one. It waits for its start.' })
  @ApiResponse({ status: 201, description: 'Created.', standardSchema: federationResource })
  @Refuses(
    'FEDERATION_NOT_FOUND',
    'CHANGED_MEANWHILE',
    'VERSION_CHANGED',
    'ROUND_WITHOUT_POOL',
    'CONFIGURATION_CONFLICT',
    'FEDERATION_INFEASIBLE',
    'NO_ROOM_FOR_PROMPTS',
  )
  async forkFederation(
    @Param({ schema: byId }) { id }: ById,
    @Body({ schema: forkFederationBody }) body: ForkFederationBody,
  ): Promise<FederationResource> {
    return this.federations.fork(id, body);
  }

  private act(id: string, command: OperatorCommand): Promise<FederationResource> {
    return this.federations.act(id, command);
  }
}
