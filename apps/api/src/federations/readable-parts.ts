/** Of a body that does not fit its schema, what does: so that the rest is checked as well, and all that is wrong is said at once. */
import type { FederationConfiguration } from '@fedamole/federation';
import { federationConfiguration, resolveConfiguration } from '@fedamole/federation';
import type { WrongField } from '../http/problem.js';
import { wrongFieldsOf } from '../http/validation.pipe.js';
import { createFederation } from './schemas.js';

export interface ReadableParts {
  readonly wrong: readonly WrongField[];
  /** Null where it is wrong, and so below. */
  readonly baseModel: string | null;
  readonly clients: readonly string[] | null;
  /** With defaults in the place of what is wrong: `isReadable` tells which those are. */
  readonly configuration: FederationConfiguration | null;
  /** Whether none of these fields of the configuration is wrong. */
  isReadable(...fields: readonly (keyof FederationConfiguration)[]): boolean;
}

export function readableParts(body: unknown): ReadableParts {
  const { success, error } = createFederation.safeParse(body);
  const wrong = success ? [] : wrongFieldsOf(error.issues, body);
  const given = asRecord(body);
  const clients = createFederation.shape.clients.safeParse(given['clients']).data ?? null;
  const wrongSettings = new Set(wrong.flatMap(({ field }) => /^configuration\.([^.]+)/.exec(field)?.[1] ?? []));
  const settings = Object.entries(asRecord(given['configuration'])).filter(([name]) => !wrongSettings.has(name));
  const read = federationConfiguration.safeParse(Object.fromEntries(settings)).data;
  return {
    wrong,
    baseModel: createFederation.shape.baseModel.safeParse(given['baseModel']).data ?? null,
    clients,
    configuration: read && clients ? resolveConfiguration(read, clients.length) : null,
    isReadable: (...fields) => fields.every((field) => !wrongSettings.has(field)),
  };
}

const asRecord = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
