/** A new federation that goes on from a round of another one: its pool, its assignment and its form of weights. */
import { DomainError } from '../domain-error.js';
import type { FederationConfiguration } from '../configuration.js';
import type { CreateFederation } from './commands.js';
import type { Federation } from './state.js';

/** What shapes the pool, and so cannot change under it. */
const shapes = ['rank', 'experts', 'targetModules'] as const;

export type ConfigurationChanges = {
  readonly [Name in keyof FederationConfiguration]?: FederationConfiguration[Name] | undefined;
};

export interface ForkOptions {
  readonly federationId: string;
  readonly name: string;
  /** The parent's round that it goes on from. */
  readonly round: number;
  /** Everything that is not named stays as it is in the parent. */
  readonly changes: ConfigurationChanges;
}

/**
 * The command that creates it, with the clients that hold experts of the round's pool. After the last round nothing was
 * assigned any more, so that round's own assignment goes on. Throws ROUND_WITHOUT_POOL, or CONFIGURATION_CONFLICT where
 * a change does not go with the pool.
 */
export function forkFederation(
  parent: Federation,
  { federationId, name, round, changes }: ForkOptions,
): CreateFederation {
  const aggregated = parent.rounds[round]?.aggregated;
  const assigned = parent.rounds[round + 1]?.assigned ?? parent.rounds[round]?.assigned;
  if (!aggregated || !assigned) {
    const words = `round ${round} of federation ${parent.id} has no pool of experts to go on from`;
    throw new DomainError('ROUND_WITHOUT_POOL', words, { federationId: parent.id, round });
  }
  requireSameShapes(parent.configuration, changes);
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  const configuration: FederationConfiguration = { ...parent.configuration, ...Object.fromEntries(given) };
  requireKnownForm(parent, configuration);
  const baselines = parent.rounds[0]?.baselines ?? {};
  const { form, compared } = parent.chosenWeightForm ?? { form: null, compared: [] };
  return {
    type: 'CreateFederation',
    federationId,
    name,
    baseModel: parent.baseModel,
    modules: parent.modules,
    clients: Object.keys(assigned.assignment),
    configuration,
    parent: {
      federationId: parent.id,
      round,
      pool: aggregated.pool,
      poolBytes: aggregated.poolBytes,
      ...assigned,
      weightForm: form === null ? null : { form, compared: [...compared] },
      baselines: { ...baselines },
    },
  };
}

function requireSameShapes(configuration: FederationConfiguration, changes: ConfigurationChanges): void {
  for (const field of shapes) {
    const value = changes[field];
    if (value === undefined || JSON.stringify(value) === JSON.stringify(configuration[field])) continue;
    const kept = JSON.stringify(configuration[field]);
    const words = `${field} is ${JSON.stringify(value)}: the pool was made with ${kept}, and a fork keeps it`;
    throw new DomainError('CONFIGURATION_CONFLICT', words, { field, value, limit: configuration[field] });
  }
}

/** "auto" was decided by the parent's round 0, or cannot be decided any more. */
function requireKnownForm({ chosenWeightForm }: Federation, { weights }: FederationConfiguration): void {
  if (weights !== 'auto' || chosenWeightForm !== null) return;
  const words = 'weights is "auto": its parent compared no forms of weights, and a fork measures no baselines';
  throw new DomainError('CONFIGURATION_CONFLICT', words, { field: 'weights', value: weights });
}
