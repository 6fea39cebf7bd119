import { infeasibilities } from '@fedamole/assignment';
import { DomainError } from '../domain-error.js';
import type { FederationConfiguration } from '../configuration.js';
import { assignmentViolation } from './assignment-violation.js';
import type { CreateFederation } from './commands.js';
import type { FederationEvent } from './events.js';
import type { FederationState } from './state.js';

/**
 * Refuses what no assignment could satisfy before anything starts. Throws FEDERATION_INFEASIBLE with every inequality of
 * the method that fails and by how much, or the code of what else does not go together.
 */
export function createFederation(command: CreateFederation, state: FederationState): FederationEvent[] {
  const { federationId, name, baseModel, modules, configuration, parent } = command;
  if (state.status !== 'absent') {
    throw new DomainError('FEDERATION_ALREADY_EXISTS', `federation ${federationId} already exists`, { federationId });
  }
  const clients = [...command.clients].sort();
  const repeated = clients.filter((client, index) => client === clients[index - 1]);
  if (repeated.length > 0) {
    throw new DomainError('CLIENTS_NOT_DISTINCT', `clients are named more than once: ${repeated.join(', ')}`, {
      repeated,
    });
  }
  const { maxLength, maxNewTokens } = configuration;
  if (maxNewTokens >= maxLength) {
    const words = `maxNewTokens is ${maxNewTokens}, but of maxLength ${maxLength} tokens some must be left for a prompt`;
    throw new DomainError('NO_ROOM_FOR_PROMPTS', words, { maxLength, maxNewTokens });
  }
  requireWithinRound('warmupSteps', configuration.warmupSteps, configuration);
  requireWithinRound('earlyStopping.evaluateEvery', configuration.earlyStopping?.evaluateEvery ?? 0, configuration);
  const { experts, expertChoices, minExperts, maxExperts, homogeneous, topK } = configuration;
  const limits = { experts, clients: clients.length, expertChoices, minExperts, maxExperts, homogeneous, topK };
  const failing = infeasibilities(limits);
  if (failing.length > 0) {
    const words = failing.map(({ inequality, by }) => `${inequality} (off by ${by})`).join('; ');
    throw new DomainError('FEDERATION_INFEASIBLE', `no assignment of experts can satisfy the limits: ${words}`, {
      infeasibilities: failing,
      limits,
    });
  }
  const violation = parent ? assignmentViolation(parent.assignment, { modules, clients, configuration }) : null;
  if (violation) {
    const words = `the assignment of the round that it is forked from ${violation}`;
    throw new DomainError('CONFIGURATION_CONFLICT', words, { limits });
  }
  return [
    {
      type: 'FederationCreated',
      data: {
        federationId,
        name,
        baseModel,
        modules: [...modules],
        clients,
        configuration,
        ...(parent ? { parent } : {}),
      },
    },
  ];
}

function requireWithinRound(field: string, value: number, { stepsPerRound }: FederationConfiguration): void {
  if (value <= stepsPerRound) return;
  const words = `${field} is ${value}: at most stepsPerRound, which is ${stepsPerRound}`;
  throw new DomainError('CONFIGURATION_CONFLICT', words, { field, value, limit: stepsPerRound });
}
