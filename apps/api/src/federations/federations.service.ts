import type { Appended } from '@fedamole/event-store';
import type { FederationCommand, OperatorCommand } from '@fedamole/federation';
import {
  DomainError,
  baseModelStream,
  clientStream,
  federationIdOf,
  federationStream,
  forkFederation,
  resolveConfiguration,
  weightFormOf,
} from '@fedamole/federation';
import { listFederations } from '@fedamole/read-models';
import { Inject, Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { mayKnow } from '../access/caller.js';
import { currentCaller } from '../commands/request-origin.js';
import { foldStream, handleCommand } from '../commands/command-handler.js';
import { baseModelDecider, clientDecider, federationDecider } from '../commands/deciders.js';
import { ProblemException } from '../http/problem.js';
import { Platform } from '../platform/platform.js';
import type { AsOf } from './as-of.js';
import type { LoadedFederation } from './loaded-federation.js';
import { endings, loadFederation, recordedAt } from './loaded-federation.js';
import type { CreateFederationBody, FederationFilter, FederationPageResource, FederationResource } from './schemas.js';
import type { ForkFederationBody } from './steering-schemas.js';
import { visibleSummary } from './visible-federation.js';
import { targetedModules } from './target-modules.js';

const defaultLimit = 50;

@Injectable()
export class FederationsService {
  constructor(@Inject(Platform) private readonly platform: Platform) {}

  /** Refuses what is not registered, layers that the model lacks, and limits that no assignment of experts could satisfy. */
  async create(body: CreateFederationBody): Promise<FederationResource> {
    const { store, settings } = this.platform;
    const model = await foldStream(store, baseModelDecider, baseModelStream(body.baseModel));
    if (model.state.status === 'absent') {
      throw new ProblemException('BASE_MODEL_NOT_REGISTERED', `base model "${body.baseModel}" is not registered`);
    }
    await this.requireClients(body.clients);
    const federationId = randomUUID();
    const { name, digest, modules } = model.state.model;
    const { manifest } = model.state;
    const { targetModules } = body.configuration;
    const { stream } = await this.handle(federationId, {
      type: 'CreateFederation',
      federationId,
      name: body.name ?? federationId,
      baseModel: { name, digest, ...(manifest === null ? {} : { manifest }) },
      modules:
        targetModules === null ? modules : await targetedModules(join(settings.modelsFolder, name), targetModules),
      clients: body.clients,
      configuration: resolveConfiguration(body.configuration, body.clients.length),
    });
    // An earlier one's, where the request came again under its idempotency key.
    return this.get(federationIdOf(stream) ?? federationId);
  }

  async act(id: string, command: OperatorCommand): Promise<FederationResource> {
    await this.handle(id, command);
    return this.get(id);
  }

  /** Refuses a client that is not registered. */
  async join(id: string, client: string): Promise<FederationResource> {
    await this.requireClients([client]);
    return this.act(id, { type: 'JoinClient', client });
  }

  /** A site acts for its own clients, in federations that they have been in; the others are not there for it. */
  async requireKnown(id: string, client: string): Promise<void> {
    await loadFederation(this.platform.store, id);
    if (mayKnow(currentCaller(), client)) return;
    throw new DomainError('CLIENT_NOT_IN_FEDERATION', `client "${client}" is not part of federation ${id}`, { client });
  }

  async fork(id: string, { name, round, configuration: changes }: ForkFederationBody): Promise<FederationResource> {
    const { federation: parent } = await loadFederation(this.platform.store, id);
    const federationId = randomUUID();
    const options = { federationId, name: name ?? federationId, round, changes };
    const { stream } = await this.handle(federationId, forkFederation(parent, options));
    return this.get(federationIdOf(stream) ?? federationId);
  }

  async get(id: string, asOf?: AsOf): Promise<FederationResource> {
    return asResource(await loadFederation(this.platform.store, id, asOf));
  }

  async list({ status, limit = defaultLimit, after }: FederationFilter): Promise<FederationPageResource> {
    const { projector, database } = this.platform;
    await projector.catchUp();
    const caller = currentCaller();
    const takingPart = caller.scope === 'site' ? caller.clients : undefined;
    const page = await listFederations(database.prisma, { status, limit, after, takingPart });
    const federations = page.federations.map((federation) => ({
      ...visibleSummary(caller, federation),
      createdAt: federation.createdAt.toISOString(),
      finishedAt: federation.finishedAt?.toISOString() ?? null,
    }));
    return { federations, next: page.next };
  }

  private async handle(id: string, command: FederationCommand): Promise<Appended> {
    return handleCommand(this.platform.store, federationDecider, federationStream(id), command);
  }

  private async requireClients(names: readonly string[]): Promise<void> {
    const missing: string[] = [];
    for (const name of new Set(names)) {
      const { state } = await foldStream(this.platform.store, clientDecider, clientStream(name));
      if (state.status === 'absent') missing.push(name);
    }
    if (missing.length === 0) return;
    const detail = `clients are not registered: ${missing.join(', ')}`;
    throw new ProblemException('CLIENTS_NOT_REGISTERED', detail, { details: { missing } });
  }
}

function asResource({ federation, stored }: LoadedFederation): FederationResource {
  const { id, name, status, pauseCause, reason, parent, left } = federation;
  const { baseModel, configuration, chosenWeightForm, round } = federation;
  return {
    id,
    version: stored.at(-1)?.version ?? 0,
    name,
    status,
    pauseCause,
    reason,
    parent,
    baseModel,
    modules: [...federation.modules],
    clients: [...federation.clients],
    left: Object.keys(left).sort(),
    configuration,
    weightForm: weightFormOf(federation),
    weightFormsCompared: chosenWeightForm === null ? null : [...chosenWeightForm.compared],
    round,
    rounds: configuration.rounds,
    createdAt: recordedAt(stored, 'FederationCreated') ?? '',
    startedAt: recordedAt(stored, 'FederationStarted'),
    finishedAt: recordedAt(stored, ...endings),
  };
}
