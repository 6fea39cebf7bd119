/** Follows a federation on the terminal, or as lines of JSON, to its end. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient } from '@fedamole/api-client';
import { FailedError } from './command-line/exit-status.js';
import type { Context } from './command-line/context.js';
import { follow } from './follow.js';
import { createProgressDisplay } from './progress-display.js';

const POLL_MILLISECONDS = 1000;
/** How long the API may be away meanwhile. */
const PATIENCE_MILLISECONDS = 120_000;

/** Throws a FailedError where the federation does not complete. */
export async function followToEnd(context: Context, client: ApiClient, id: string): Promise<void> {
  const { output, signal } = context;
  const api = client.patient(PATIENCE_MILLISECONDS);
  if (output.json) return followAsJson(context, api, id);
  const federation = await follow(api, id, createProgressDisplay(output.streams.out), signal);
  output.result(federation, () => `Federation ${id} completed its ${federation.rounds} rounds.`);
}

/** Progress whenever it changed, then the federation as it ended: an object a line. */
async function followAsJson({ output, signal }: Context, api: ApiClient, id: string): Promise<void> {
  let told = '';
  for (;;) {
    const progress = await api.call('GET /v1/federations/{id}/progress', { path: { id } });
    const text = JSON.stringify(progress);
    if (text !== told) output.item({ progress }, () => null);
    told = text;
    if (progress.status !== 'running' && progress.status !== 'created') break;
    await sleep(POLL_MILLISECONDS, undefined, { signal });
  }
  const federation = await api.call('GET /v1/federations/{id}', { path: { id } });
  output.item({ federation }, () => null);
  if (federation.status !== 'completed') throw new FailedError(`The federation ${federation.status}.`);
}
