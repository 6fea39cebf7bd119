import type { OperatorCommand } from '@fedamole/federation';
import { Body, Controller, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { ById } from '../http/path-parameters.js';
import { byId } from '../http/path-parameters.js';
import { problem } from '../http/problem.js';
import { FederationsService } from './federations.service.js';
import type { FederationResource } from './schemas.js';
import { federationResource } from './schemas.js';
import type { ForkFederationBody, GiveReasonBody, MemberOfFederation, ParticipantOfRound } from './steering-schemas.js';
import { forkFederationBody, giveReason, memberOfFederation, participantOfRound } from './steering-schemas.js';

/** How an operator steers a federation on its way. Each command changes nothing when it is repeated. */
@ApiTags('federations')
@Controller('v1/federations/:id')
export class SteeringController {
  constructor(@Inject(FederationsService) private readonly federations: FederationsService) {}

  @Post('pause')
  @HttpCode(200)
  @ApiOperation({ summary: 'Pause a federation: no new jobs; what runs may end and is recorded.' })
  @ApiResponse({ status: 200, description: 'It is paused.', standardSchema: federationResource })
  @ApiResponse({ status: 409, description: 'It was not started, or has finished.', standardSchema: problem })
  async pause(
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
  @ApiResponse({ status: 409, description: 'It was not started, or has finished.', standardSchema: problem })
  async resume(@Param({ schema: byId }) { id }: ById): Promise<FederationResource> {
    return this.act(id, { type: 'ResumeFederation' });
  }

  @Post('clients/:name/leave')
  @HttpCode(200)
  @ApiOperation({ summary: 'Take a client out: it is waited for no more; what it has handed in is still merged.' })
  @ApiResponse({ status: 200, description: 'It has left.', standardSchema: federationResource })
  @ApiResponse({ status: 404, description: 'It is not part of the federation.', standardSchema: problem })
  @ApiResponse({ status: 409, description: 'It is the last one, or all has finished.', standardSchema: problem })
  async leave(
    @Param({ schema: memberOfFederation }) { id, name }: MemberOfFederation,
    @Body({ schema: giveReason }) { reason }: GiveReasonBody,
  ): Promise<FederationResource> {
    return this.act(id, { type: 'DropClient', client: name, reason: reason ?? null });
  }

  @Post('clients/:name/join')
  @HttpCode(200)
  @ApiOperation({ summary: 'Take in a registered client, new or back again: it takes part from the next round on.' })
  @ApiResponse({ status: 200, description: 'It has joined.', standardSchema: federationResource })
  @ApiResponse({ status: 409, description: 'The federation has finished.', standardSchema: problem })
  @ApiResponse({ status: 422, description: 'It is not registered.', standardSchema: problem })
  async join(@Param({ schema: memberOfFederation }) { id, name }: MemberOfFederation): Promise<FederationResource> {
    return this.federations.join(id, name);
  }

  @Post('rounds/:round/clients/:name/retry')
  @HttpCode(200)
  @ApiOperation({ summary: "Give a client's parked job another attempt, while its round is open." })
  @ApiResponse({ status: 200, description: 'It is tried again.', standardSchema: federationResource })
  @ApiResponse({ status: 409, description: 'The round is closed, or was not started.', standardSchema: problem })
  async retry(
    @Param({ schema: participantOfRound }) { id, round, name }: ParticipantOfRound,
  ): Promise<FederationResource> {
    return this.act(id, { type: 'RetryClient', round, client: name });
  }

  @Post('fork')
  @ApiOperation({ summary: 'Create a federation that goes on from a round of this one. It waits for its start.' })
  @ApiResponse({ status: 201, description: 'Created.', standardSchema: federationResource })
  @ApiResponse({ status: 409, description: 'The round has no pool of experts.', standardSchema: problem })
  @ApiResponse({ status: 422, description: 'A change does not go with the pool.', standardSchema: problem })
  async fork(
    @Param({ schema: byId }) { id }: ById,
    @Body({ schema: forkFederationBody }) body: ForkFederationBody,
  ): Promise<FederationResource> {
    return this.federations.fork(id, body);
  }

  private act(id: string, command: OperatorCommand): Promise<FederationResource> {
    return this.federations.act(id, command);
  }
}
