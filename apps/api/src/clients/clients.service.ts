import { clientStream } from '@fedamole/federation';
import { listClients } from '@fedamole/read-models';
import { Inject, Injectable } from '@nestjs/common';
import { mayKnow } from '../access/caller.js';
import { currentCaller } from '../commands/request-origin.js';
import { foldStream, handleCommand } from '../commands/command-handler.js';
import { clientDecider } from '../commands/deciders.js';
import { ProblemException } from '../http/problem.js';
import { Platform } from '../platform/platform.js';
import type { ClientResource, RegisterClientBody } from './schemas.js';

@Injectable()
export class ClientsService {
  constructor(@Inject(Platform) private readonly platform: Platform) {}

  async register({ name, description }: RegisterClientBody): Promise<{ resource: ClientResource; created: boolean }> {
    const caller = currentCaller();
    if (!mayKnow(caller, name)) {
      const own = caller.clients.join(', ');
      throw new ProblemException('CLIENT_OF_ANOTHER_SITE', `your key stands for ${own}, and not for "${name}"`);
    }
    const command = { type: 'RegisterClient' as const, data: { name, description: description ?? null } };
    const { store } = this.platform;
    const { events } = await handleCommand(store, clientDecider, clientStream(name), command);
    return { resource: await this.get(name), created: events > 0 };
  }

  async get(name: string): Promise<ClientResource> {
    const { state, stored } = await foldStream(this.platform.store, clientDecider, clientStream(name));
    const registeredAt = stored[0]?.recordedAt;
    if (state.status === 'absent' || !registeredAt || !mayKnow(currentCaller(), name))
      throw new ProblemException('CLIENT_NOT_FOUND', `there is no client "${name}"`);
    return { name, description: state.description, registeredAt: registeredAt.toISOString() };
  }

  async list(): Promise<ClientResource[]> {
    const { projector, database } = this.platform;
    await projector.catchUp();
    const records = await listClients(database.prisma);
    const visible = records.filter(({ name }) => mayKnow(currentCaller(), name));
    return visible.map((record) => ({ ...record, registeredAt: record.registeredAt.toISOString() }));
  }
}
