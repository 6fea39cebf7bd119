import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { OpenTo } from '../access/access.guard.js';
import { byRoundAtMoment, type ByRoundAtMoment } from '../federations/as-of.js';
import type { ById } from '../http/path-parameters.js';
import { byId } from '../http/path-parameters.js';
import { Refuses } from '../openapi/refusals.js';
import { AssignmentsService } from './assignments.service.js';
import type { AssignmentResource, ChoiceFilter, ChoicesResource } from './schemas.js';
import { assignmentResource, choiceFilter, choicesResource } from './schemas.js';

@ApiTags('results')
@Controller('v1/federations/:id/assignments')
export class AssignmentsController {
  constructor(@Inject(AssignmentsService) private readonly assignments: AssignmentsService) {}

  @Get()
  @OpenTo('operator', 'viewer', 'site')
  @ApiOperation({ summary: 'Who holds which experts; of the newest assignment when no round is named.' })
  @ApiResponse({ status: 200, description: 'The assignment.', standardSchema: assignmentResource })
  @Refuses('FEDERATION_NOT_FOUND', 'EVENT_NOT_FOUND', 'ASSIGNMENT_NOT_FOUND')
  async getAssignment(
    @Param({ schema: byId }) { id }: ById,
    @Query({ schema: byRoundAtMoment }) { round, asOf }: ByRoundAtMoment,
  ): Promise<AssignmentResource> {
    return this.assignments.get(id, round, asOf);
  }

  @Get('choices')
  @ApiOperation({
    summary: "Why experts went to a client, or a module's experts to anybody: scores, ranks and limits.",
  })
  @ApiResponse({ status: 200, description: 'The choices.', standardSchema: choicesResource })
  @Refuses(
    'FEDERATION_NOT_FOUND',
    'ASSIGNMENT_NOT_FOUND',
    'CLIENT_NOT_IN_FEDERATION',
    'ARTIFACT_MISSING',
    'ARTIFACT_CORRUPT',
  )
  async explainAssignment(
    @Param({ schema: byId }) { id }: ById,
    @Query({ schema: choiceFilter }) filter: ChoiceFilter,
  ): Promise<ChoicesResource> {
    return this.assignments.explain(id, filter);
  }
}
