/** Finds the federation that a command line means. */
import type { ApiClient } from '@fedamole/api-client';
import { ProblemError } from '@fedamole/api-client';
import { federationStatuses } from '@fedamole/federation';
import { NotFoundError } from './command-line/exit-status.js';
import { text } from './command-line/parameters.js';
import { UsageError } from './usage-error.js';
import type { Federation, FederationSummary } from './resources.js';

export const federationOrNewest = text('federation', 'identifier or name; the newest federation when left out');
export const federationNamed = text('federation', 'identifier or name');

/** By identifier, else by a name that only one has; the newest where nothing is given. */
export async function findFederation(api: ApiClient, given: string | undefined): Promise<Federation> {
  if (given === undefined) return newest(api);
  const found = await federationOf(api, given);
  if (found !== null) return found;
  const called: FederationSummary[] = [];
  for await (const summary of allFederations(api, {})) if (summary.name === given) called.push(summary);
  const [only, ...others] = called;
  if (only === undefined) {
    throw new NotFoundError(`There is no federation "${given}"; "fedamole federations list" shows them.`);
  }
  if (others.length === 0) return api.call('GET /v1/federations/{id}', { path: { id: only.id } });
  const ids = called.map(({ id, status, createdAt }) => `\n  ${id}  ${status}, created ${createdAt}`).join('');
  throw new UsageError(`${called.length} federations are called "${given}": give one's identifier instead.${ids}`);
}

/** Newest first, page by page. */
export async function* allFederations(
  api: ApiClient,
  filter: { readonly status?: FederationSummary['status'] | undefined },
): AsyncGenerator<FederationSummary> {
  let after: string | undefined;
  do {
    const query = { ...filter, after, limit: '100' };
    const { federations, next } = await api.call('GET /v1/federations', { query });
    yield* federations;
    after = next ?? undefined;
  } while (after !== undefined);
}

/** Those that wait for their start, and those that are under way. */
export async function* unfinishedFederations(api: ApiClient): AsyncGenerator<FederationSummary> {
  const finished: readonly FederationSummary['status'][] = ['completed', 'failed', 'cancelled'];
  for (const status of federationStatuses) if (!finished.includes(status)) yield* allFederations(api, { status });
}

async function newest(api: ApiClient): Promise<Federation> {
  for await (const { id } of allFederations(api, {})) return api.call('GET /v1/federations/{id}', { path: { id } });
  throw new NotFoundError('There is no federation yet: "fedamole federations create" makes one.');
}

/** Null where none has this identifier, or the text can be none. */
async function federationOf(api: ApiClient, id: string): Promise<Federation | null> {
  try {
    return await api.call('GET /v1/federations/{id}', { path: { id } });
  } catch (error) {
    const unknown = ['FEDERATION_NOT_FOUND', 'VALIDATION_FAILED'];
    if (error instanceof ProblemError && unknown.includes(error.code ?? '')) return null;
    throw error;
  }
}
