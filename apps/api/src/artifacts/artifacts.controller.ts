import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { AnswersOnce } from '../commands/answer-once.js';
import { Refuses } from '../openapi/refusals.js';
import { ArtifactsService } from './artifacts.service.js';
import type { CollectArtifactsBody, CollectionResource } from './schemas.js';
import { collectArtifacts, collectionResource } from './schemas.js';

@ApiTags('operations')
@Controller('v1/artifacts')
export class ArtifactsController {
  constructor(@Inject(ArtifactsService) private readonly artifacts: ArtifactsService) {}

  @Post('collect')
  @AnswersOnce()
  @HttpCode(200)
  @ApiOperation({ summary: 'Remove artifacts that no event names any more, or tell which they are.' })
  @ApiResponse({ status: 200, description: 'What was, or would be, removed.', standardSchema: collectionResource })
  @Refuses('REQUEST_UNDER_WAY')
  async collectArtifacts(@Body({ schema: collectArtifacts }) body: CollectArtifactsBody): Promise<CollectionResource> {
    return this.artifacts.collect(body);
  }
}
