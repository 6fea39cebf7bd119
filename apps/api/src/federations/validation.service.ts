import { infeasibilities, nearestFeasible, type FederationLimits } from '@fedamole/assignment';
import type { BaseModel, FederationConfiguration } from '@fedamole/federation';
import { baseModelStream, clientStream, creationRefusals, limitsOf } from '@fedamole/federation';
import { needsOf } from '@fedamole/queues';
import { Inject, Injectable } from '@nestjs/common';
import { join } from 'node:path';
import { foldStream } from '../commands/command-handler.js';
import { baseModelDecider, clientDecider } from '../commands/deciders.js';
import { ProblemException, type WrongField } from '../http/problem.js';
import { Platform } from '../platform/platform.js';
import { placeJob } from '../workers/place-job.js';
import { estimateFederation } from './estimate.js';
import { readableParts, type ReadableParts } from './readable-parts.js';
import { targetedModules } from './target-modules.js';
import type { ValidationResource } from './validation-schemas.js';

/** Says of a federation that is not there yet everything for which it would be refused, and what it would take. */
@Injectable()
export class ValidationService {
  constructor(@Inject(Platform) private readonly platform: Platform) {}

  async validate(body: unknown): Promise<ValidationResource> {
    const parts = readableParts(body);
    const { wrong: malformed, clients, configuration } = parts;
    const model = parts.baseModel === null ? null : await this.findModel(parts.baseModel);
    const modules = model && configuration && (await this.findModules(model, configuration));
    const errors = [
      ...malformed,
      ...(model || parts.baseModel === null ? [] : [wrong('baseModel', parts.baseModel, 'is not registered')]),
      ...(modules && 'errors' in modules ? modules.errors : []),
      ...(await this.unregisteredClients(clients ?? [])),
      ...conflicts(parts),
    ];
    const limits = limitsAsked(parts);
    const failing = limits === null ? [] : infeasibilities(limits);
    const isEstimated = malformed.length === 0 && failing.length === 0;
    return {
      valid: errors.length === 0 && failing.length === 0,
      errors,
      infeasibilities: failing,
      warnings: clients && configuration ? this.unplacedClients(clients, configuration, model) : [],
      nearest: limits === null || failing.length === 0 ? null : nearestTo(limits),
      estimate:
        isEstimated && model && configuration && clients && modules && 'found' in modules
          ? estimateFederation(model, modules.found, clients.length, configuration)
          : null,
    };
  }

  private async findModel(name: string): Promise<BaseModel | null> {
    const { state } = await foldStream(this.platform.store, baseModelDecider, baseModelStream(name));
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

/** Null where what decides is wrong itself. */
function limitsAsked({ clients, configuration, isReadable }: ReadableParts): FederationLimits | null {
  const readable = isReadable('experts', 'expertChoices', 'minExperts', 'maxExperts', 'homogeneous', 'topK');
  return clients && configuration && readable ? limitsOf(clients.length, configuration) : null;
}

function nearestTo(limits: FederationLimits): NonNullable<ValidationResource['nearest']> {
  const { experts, expertChoices, minExperts, maxExperts, topK } = nearestFeasible(limits);
  return { experts, expertChoices, minExperts, maxExperts, topK };
}

/** What the inequalities do not tell already. */
function conflicts({ clients, configuration, isReadable }: ReadableParts): WrongField[] {
  if (!clients || !configuration) return [];
  return creationRefusals(clients, configuration).flatMap(({ code, message, details }) => {
    switch (code) {
      case 'FEDERATION_INFEASIBLE':
        return [];
      case 'CLIENTS_NOT_DISTINCT':
        return [wrong('clients', details['repeated'], message)];
      case 'NO_ROOM_FOR_PROMPTS':
        return isReadable('maxLength', 'maxNewTokens')
          ? [wrong('configuration.maxNewTokens', configuration.maxNewTokens, message)]
          : [];
      default:
        return isReadable('stepsPerRound', 'warmupSteps', 'earlyStopping')
          ? [wrong(`configuration.${String(details['field'])}`, details['value'], message)]
          : [];
    }
  });
}

const wrong = (field: string, value: unknown, message: string): WrongField => ({ field, value, message });
