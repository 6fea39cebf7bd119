/**
 * Stored shapes never change. Where today's shape of an event differs from a stored one, a row of this table makes the
 * one of the other; events that no row names have had one shape all along.
 */
import type { FederationEvent } from '@fedamole/federation';
import { upcastConfiguration, upcastMetrics } from '@fedamole/federation';

/** Under which every event is stored today. A new shape raises it and adds a row to the table. */
export const currentSchemaVersion = 3;

interface Upcast {
  readonly types: readonly string[];
  /** The first version that has the new shape: events stored under an earlier one need it. */
  readonly until: number;
  readonly apply: (event: FederationEvent) => FederationEvent;
}

const upcasts: readonly Upcast[] = [
  // perplexity, choice accuracy, comparisons of weight forms
  { types: ['BaselineMeasured', 'ClientTrained'], until: 3, apply: upcastMetrics },
  // configurations that lack the options that came later
  { types: ['FederationCreated'], until: 3, apply: upcastConfiguration },
];

/** An event was stored by a newer release than this one: reading it by guesswork would be worse than not at all. */
export class UnknownSchemaVersionError extends Error {
  override readonly name = 'UnknownSchemaVersionError';

  constructor(
    readonly type: string,
    readonly schemaVersion: number,
  ) {
    super(
      `${type} was stored under schema version ${schemaVersion}; this release knows versions up to ${currentSchemaVersion}`,
    );
  }
}

/** @throws UnknownSchemaVersionError */
export function upcast(event: FederationEvent, schemaVersion: number): FederationEvent {
  if (schemaVersion > currentSchemaVersion) throw new UnknownSchemaVersionError(event.type, schemaVersion);
  return upcasts
    .filter(({ types, until }) => schemaVersion < until && types.includes(event.type))
    .reduce((shaped, { apply }) => apply(shaped), event);
}
