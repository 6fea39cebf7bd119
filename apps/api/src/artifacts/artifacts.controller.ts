import type { StreamableFile } from '@nestjs/common';
import { Body, Controller, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { AnswersOnce } from '../commands/answer-once.js';
import { Refuses } from '../openapi/refusals.js';
import { ArtifactsService } from './artifacts.service.js';
import { safetensorsFile } from '../http/safetensors-file.js';
import type { ArtifactResource, ByDigest, CollectArtifactsBody, CollectionResource } from './schemas.js';
import { artifactResource, byDigest, collectArtifacts, collectionResource } from './schemas.js';

@ApiTags('operations')
@Controller('v1/artifacts')
export class ArtifactsController {
  constructor(@Inject(ArtifactsService) private readonly artifacts: ArtifactsService) {}

  @Get(':digest')
  @ApiOperation({ summary: 'An artifact: its size, and the events for which it is there.' })
  @ApiResponse({ status: 200, description: 'The artifact.', standardSchema: artifactResource })
  @Refuses('ARTIFACT_MISSING')
  async getArtifact(@Param({ schema: byDigest }) { digest }: ByDigest): Promise<ArtifactResource> {
    return this.artifacts.describe(digest);
  }

  @Get(':digest/content')
  @ApiOperation({
    summary: 'Download an artifact: a pool, an adapter, embeddings or scores, verified against its digest.',
  })
  @ApiProduces('application/octet-stream')
  @ApiResponse({ status: 200, description: 'The file.', schema: { type: 'string', format: 'binary' } })
  @Refuses('ARTIFACT_MISSING', 'ARTIFACT_CORRUPT')
  async downloadArtifact(@Param({ schema: byDigest }) { digest }: ByDigest): Promise<StreamableFile> {
    return safetensorsFile(await this.artifacts.read(digest), `${digest}.safetensors`);
  }

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
