import { Body, Controller, Get, HttpStatus, Inject, Param, Post, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Refuses } from '../openapi/refusals.js';
import type { Response } from 'express';
import { OpenTo } from '../access/access.guard.js';
import type { ByModel } from '../http/path-parameters.js';
import { byModel } from '../http/path-parameters.js';
import type { BaseModelList, BaseModelResource, RegisterBaseModelBody } from './schemas.js';
import { baseModelList, baseModelResource, registerBaseModel } from './schemas.js';
import { BaseModelsService } from './base-models.service.js';

@ApiTags('base models')
@Controller('v1/base-models')
export class BaseModelsController {
  constructor(@Inject(BaseModelsService) private readonly baseModels: BaseModelsService) {}

  @Post()
  @ApiOperation({
    summary:
      'Register a base model: a folder below the models root, by name and digest; or say where its files are stored.',
  })
  @ApiResponse({ status: 201, description: 'Registered.', standardSchema: baseModelResource })
  @ApiResponse({ status: 200, description: 'Was registered already.', standardSchema: baseModelResource })
  @Refuses('BASE_MODEL_CONFLICT', 'BASE_MODEL_UNREADABLE', 'BASE_MODEL_DIGEST_MISMATCH', 'BASE_MODEL_MANIFEST_REFUSED')
  async registerBaseModel(
    @Body({ schema: registerBaseModel }) body: RegisterBaseModelBody,
    @Res({ passthrough: true }) response: Response,
  ): Promise<BaseModelResource> {
    const { resource, created } = await this.baseModels.register(body);
    response.status(created ? HttpStatus.CREATED : HttpStatus.OK);
    return resource;
  }

  @Get()
  @OpenTo('operator', 'viewer', 'site')
  @ApiOperation({ summary: 'All base models by name.' })
  @ApiResponse({ status: 200, description: 'Base models.', standardSchema: baseModelList })
  async listBaseModels(): Promise<BaseModelList> {
    return { baseModels: await this.baseModels.list() };
  }

  @Get(':name')
  @OpenTo('operator', 'viewer', 'site')
  @ApiOperation({ summary: 'One base model.' })
  @ApiResponse({ status: 200, description: 'The base model.', standardSchema: baseModelResource })
  @Refuses('BASE_MODEL_NOT_FOUND')
  async getBaseModel(@Param({ schema: byModel }) { name }: ByModel): Promise<BaseModelResource> {
    return this.baseModels.get(name);
  }
}
