import { infeasibilities, nearestFeasible } from '@fedamole/assignment';
import type { BaseModel, FederationConfiguration } from '@fedamole/federation';
import { baseModelStream, clientStream, creationRefusals, limitsOf, resolveConfiguration } from '@fedamole/federation';
import { needsOf } from '@fedamole/queues';
import { Inject, Injectable } from '@nestjs/common';
import { join } from 'node:path';
import { foldStream } from '../commands/command-handler.js';
import { baseModelDecider, clientDecider } from '../commands/deciders.js';
import { ProblemException, type WrongField } from '../http/problem.js';
import { wrongFieldsOf } from '../http/validation.pipe.js';
import { Platform } from '../platform/platform.js';
import { placeJob } from '../workers/place-job.js';
import { estimateFederation } from './estimate.js';
import type { CreateFederationBody } from './schemas.js';
import { createFederation } from './schemas.js';
import { targetedModules } from './target-modules.js';
import type { ValidationResource } from './validation-schemas.js';

const nothing = { infeasibilities: [], warnings: [], nearest: null, estimate: null };

/** Says of a federation that is not there yet everything for which it would be refused, and what it would take. */
@Injectable()
export class ValidationService {
  constructor(@Inject(Platform) private readonly platform: Platform) {}

  async validate(body: unknown): Promise<ValidationResource> {
    const parsed = createFederation.safeParse(body);
    if (!parsed.success) return { valid: false, errors: wrongFieldsOf(parsed.error.issues, body), ...nothing };
    const { clients } = parsed.data;
    const configuration = resolveConfiguration(parsed.data.configuration, clients.length);
    const limits = limitsOf(clients.length, configuration);
    const failing = infeasibilities(limits);
    const model = await this.findModel(parsed.data);
    const modules = model && (await this.findModules(model, configuration));
    const errors = [
      ...(model ? [] : [wrong('baseModel', parsed.data.baseModel, 'is not registered')]),
      ...(modules && 'errors' in modules ? modules.errors : []),
      ...(await this.unregisteredClients(clients)),
      ...conflicts(clients, configuration),
    ];
    const { experts, expertChoices, minExperts, maxExperts, topK } = nearestFeasible(limits);
    return {
      valid: errors.length === 0 && failing.length === 0,
      errors,
      infeasibilities: failing,
      warnings: this.unplacedClients(clients, configuration, model),
      nearest: failing.length === 0 ? null : { experts, expertChoices, minExperts, maxExperts, topK },
      estimate:
        model && modules && 'found' in modules && failing.length === 0
          ? estimateFederation(model, modules.found, clients.length, configuration)
          : null,
    };
  }

  private async findModel({ baseModel }: CreateFederationBody): Promise<BaseModel | null> {
    const { state } = await foldStream(this.platform.store, baseModelDecider, baseModelStream(baseModel));
    return state.status === 'absent' ? null : state.model;
  }

  private async findModules(
    { name, modules }: BaseModel,
    { targetModules }: FederationConfiguration,
  ): Promise<{ found: BaseModel['modules'] } | { errors: WrongField[] }> {
    if (targetModules === null) return { found: modules };
    try {
      return { found: await targetedModules(join(this.platform.settings.modelsFolder, name), targetModules) };
    } catch (error) {
      if (error instanceof ProblemException && error.extra.errors) return { errors: error.extra.errors };
      throw error;
    }
  }

  /** Nothing where it is not known who lives. */
  private unplacedClients(
    clients: readonly string[],
    configuration: FederationConfiguration,
    model: BaseModel | null,
  ): WrongField[] {
    const { workers } = this.platform;
    if (workers.watchedFor === null) return [];
    return clients.flatMap((client, index) => {
      const placement = placeJob(needsOf(client, configuration, model?.parameterCount ?? null), workers.trainers);
      return placement.pool === null ? [wrong(`clients.${index}`, client, placement.reason)] : [];
    });
  }

  private async unregisteredClients(names: readonly string[]): Promise<WrongField[]> {
    const errors: WrongField[] = [];
    for (const [index, name] of names.entries()) {
      const { state } = await foldStream(this.platform.store, clientDecider, clientStream(name));
      if (state.status === 'absent') errors.push(wrong(`clients.${index}`, name, 'is not registered'));
    }
    return errors;
  }
}

/** What the inequalities do not tell already. */
function conflicts(clients: readonly string[], configuration: FederationConfiguration): WrongField[] {
  return creationRefusals(clients, configuration).flatMap(({ code, message, details }) => {
    switch (code) {
      case 'FEDERATION_INFEASIBLE':
        return [];
      case 'CLIENTS_NOT_DISTINCT':
        return [wrong('clients', details['repeated'], message)];
      case 'NO_ROOM_FOR_PROMPTS':
        return [wrong('configuration.maxNewTokens', configuration.maxNewTokens, message)];
      default:
        return [wrong(`configuration.${String(details['field'])}`, details['value'], message)];
    }
  });
}

const wrong = (field: string, value: unknown, message: string): WrongField => ({ field, value, message });
