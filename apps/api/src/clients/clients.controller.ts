import { Body, Controller, Get, HttpStatus, Inject, Param, Post, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Refuses } from '../openapi/refusals.js';
import type { Response } from 'express';
import { OpenTo } from '../access/access.guard.js';
import type { ByName } from '../http/path-parameters.js';
import { byName } from '../http/path-parameters.js';
import type { ClientList, ClientResource, RegisterClientBody } from './schemas.js';
import { clientList, clientResource, registerClient } from './schemas.js';
import { ClientsService } from './clients.service.js';

@ApiTags('clients')
@OpenTo('operator', 'viewer', 'site')
@Controller('v1/clients')
export class ClientsController {
  constructor(@Inject(ClientsService) private readonly clients: ClientsService) {}

  @Post()
  @OpenTo('operator', 'site')
  @ApiOperation({ summary: 'Register a client: someone whose data stay at a trainer.' })
  @ApiResponse({ status: 201, description: 'Registered.', standardSchema: clientResource })
  @ApiResponse({ status: 200, description: 'Was registered already.', standardSchema: clientResource })
  @Refuses('CLIENT_OF_ANOTHER_SITE', 'CLIENT_CONFLICT')
  async registerClient(
    @Body({ schema: registerClient }) body: RegisterClientBody,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ClientResource> {
    const { resource, created } = await this.clients.register(body);
    response.status(created ? HttpStatus.CREATED : HttpStatus.OK);
    return resource;
  }

  @Get()
  @ApiOperation({ summary: 'All clients by name.' })
  @ApiResponse({ status: 200, description: 'Clients.', standardSchema: clientList })
  async listClients(): Promise<ClientList> {
    return { clients: await this.clients.list() };
  }

  @Get(':name')
  @ApiOperation({ summary: 'One client.' })
  @ApiResponse({ status: 200, description: 'The client.', standardSchema: clientResource })
  @Refuses('CLIENT_NOT_FOUND')
  async getClient(@Param({ schema: byName }) { name }: ByName): Promise<ClientResource> {
    return this.clients.get(name);
  }
}
