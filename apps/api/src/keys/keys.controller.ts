import { Body, Controller, Delete, Get, Inject, Param, Post, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { AnswersOnce } from '../commands/answer-once.js';
import { Refuses } from '../openapi/refusals.js';
import type { Response } from 'express';
import { OpenTo } from '../access/access.guard.js';
import { callerOf } from '../access/authentication.js';
import { anybody } from '../access/caller.js';
import { KeysService } from './keys.service.js';
import type { ByKey, CallerResource, KeyList, KeyResource, MakeKeyBody, NewKeyResource } from './schemas.js';
import { byKey, callerResource, keyList, keyResource, makeKey, newKeyResource } from './schemas.js';

@ApiTags('access')
@Controller('v1/keys')
@OpenTo('operator')
export class KeysController {
  constructor(@Inject(KeysService) private readonly keys: KeysService) {}

  @Post()
  @AnswersOnce('key')
  @ApiOperation({ summary: 'Make a key. The answer is the only one that shows it.' })
  @ApiResponse({ status: 201, description: 'Made.', standardSchema: newKeyResource })
  @Refuses('REQUEST_UNDER_WAY')
  async makeKey(@Body({ schema: makeKey }) body: MakeKeyBody): Promise<NewKeyResource> {
    return this.keys.make(body);
  }

  @Get()
  @ApiOperation({ summary: 'All keys that were ever made, without what is secret of them.' })
  @ApiResponse({ status: 200, description: 'Keys.', standardSchema: keyList })
  async listKeys(): Promise<KeyList> {
    return { keys: await this.keys.list() };
  }

  @Get('current')
  @OpenTo('operator', 'viewer', 'site')
  @ApiOperation({ summary: 'The key of this very request: who one is, and what one may do.' })
  @ApiResponse({ status: 200, description: 'The key.', standardSchema: callerResource })
  getCurrentKey(@Res({ passthrough: true }) response: Response): CallerResource {
    const { keyId, scope, clients, description } = callerOf(response) ?? anybody;
    return { id: keyId, scope, clients: [...clients], description };
  }

  @Delete(':id')
  @ApiOperation({ summary: 'Revoke a key. From then on it opens nothing; revoking it again changes nothing.' })
  @ApiResponse({ status: 200, description: 'Revoked.', standardSchema: keyResource })
  @Refuses('KEY_NOT_FOUND')
  async revokeKey(@Param({ schema: byKey }) { id }: ByKey): Promise<KeyResource> {
    return this.keys.revoke(id);
  }
}
