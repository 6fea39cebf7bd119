import { infeasibilities, type FederationLimits } from '@fedamole/assignment';
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
  const [refusal] = creationRefusals(clients, configuration);
  if (refusal) throw refusal;
  const violation = parent ? assignmentViolation(parent.assignment, { modules, clients, configuration }) : null;
  if (violation) {
    const words = `the assignment of the round that it is forked from ${violation}`;
    throw new DomainError('CONFIGURATION_CONFLICT', words, { limits: limitsOf(clients.length, configuration) });
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

/** Everything for which a federation of these clients would be refused, each with the field at fault where it is one. */
export function creationRefusals(clients: readonly string[], configuration: FederationConfiguration): DomainError[] {
  return [
    ...repeatedClients(clients),
    ...lengthConflicts(configuration),
    ...roundConflicts('warmupSteps', configuration.warmupSteps, configuration),
    ...roundConflicts('earlyStopping.evaluateEvery', configuration.earlyStopping?.evaluateEvery ?? 0, configuration),
    ...infeasibleLimits(clients.length, configuration),
  ];
}

/** What decides whether experts can be assigned to so many clients. */
export function limitsOf(clients: number, configuration: FederationConfiguration): FederationLimits {
  const { experts, expertChoices, minExperts, maxExperts, homogeneous, topK } = configuration;
  return { experts, clients, expertChoices, minExperts, maxExperts, homogeneous, topK };
}

function repeatedClients(clients: readonly string[]): DomainError[] {
  const repeated = [...clients].sort().filter((client, index, sorted) => client === sorted[index - 1]);
  if (repeated.length === 0) return [];
  const words = `clients are named more than once: ${repeated.join(', ')}`;
  return [new DomainError('CLIENTS_NOT_DISTINCT', words, { repeated })];
}

function lengthConflicts({ maxLength, maxNewTokens }: FederationConfiguration): DomainError[] {
  if (maxNewTokens < maxLength) return [];
  const words = `maxNewTokens is ${maxNewTokens}, but of maxLength ${maxLength} tokens some must be left for a prompt`;
  return [new DomainError('NO_ROOM_FOR_PROMPTS', words, { maxLength, maxNewTokens })];
}

function roundConflicts(field: string, value: number, { stepsPerRound }: FederationConfiguration): DomainError[] {
  if (value <= stepsPerRound) return [];
  const words = `${field} is ${value}: at most stepsPerRound, which is ${stepsPerRound}`;
  return [new DomainError('CONFIGURATION_CONFLICT', words, { field, value, limit: stepsPerRound })];
}

function infeasibleLimits(clients: number, configuration: FederationConfiguration): DomainError[] {
  const limits = limitsOf(clients, configuration);
  const failing = infeasibilities(limits);
  if (failing.length === 0) return [];
  const words = failing.map(({ inequality, by }) => `${inequality} (off by ${by})`).join('; ');
  const details = { infeasibilities: failing, limits };
  return [
    new DomainError('FEDERATION_INFEASIBLE', `no assignment of experts can satisfy the limits: ${words}`, details),
  ];
}
