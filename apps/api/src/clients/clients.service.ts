import { clientStream } from '@fedamole/federation';
import { listClients } from '@fedamole/read-models';
import { Inject, Injectable } from '@nestjs/common';
import { foldStream, handleCommand } from '../commands/command-handler.js';
import { clientDecider } from '../commands/deciders.js';
import { notFound } from '../http/problem.js';
import { Platform } from '../platform/platform.js';
import type { ClientResource, RegisterClientBody } from './schemas.js';

@Injectable()
export class ClientsService {
  constructor(@Inject(Platform) private readonly platform: Platform) {}

  async register({ name, description }: RegisterClientBody): Promise<{ resource: ClientResource; created: boolean }> {
    const command = { type: 'RegisterClient' as const, data: { name, description: description ?? null } };
    const { store } = this.platform;
    const { events } = await handleCommand(store, clientDecider, clientStream(name), command, { actor: 'operator' });
    return { resource: await this.get(name), created: events > 0 };
  }

  async get(name: string): Promise<ClientResource> {
    const { state, stored } = await foldStream(this.platform.store, clientDecider, clientStream(name));
    const registeredAt = stored[0]?.recordedAt;
    if (state.status === 'absent' || !registeredAt) throw notFound('CLIENT_NOT_FOUND', `there is no client "${name}"`);
    return { name, description: state.description, registeredAt: registeredAt.toISOString() };
  }

  async list(): Promise<ClientResource[]> {
    const { projector, database } = this.platform;
    await projector.catchUp();
    const records = await listClients(database.prisma);
    return records.map((record) => ({ ...record, registeredAt: record.registeredAt.toISOString() }));
  }
}
