/** Follows a federation to its end, showing how it goes. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient } from '@fedamole/api-client';
import { FailedError } from './command-line/exit-status.js';
import { duration, mean, number } from './format.js';
import type { ProgressDisplay } from './progress-display.js';
import type { Federation, Round } from './resources.js';
import { PlacementLines } from './placement-lines.js';
import { weightFormLine } from './weight-form-line.js';

const POLL_MILLISECONDS = 500;

/** Thrown where the federation failed, was cancelled or is paused. */
export class FederationEndedError extends FailedError {
  override readonly name = 'FederationEndedError';
}

export async function follow(
  api: ApiClient,
  id: string,
  display: ProgressDisplay,
  signal: AbortSignal,
): Promise<Federation> {
  let told = -1;
  const placements = new PlacementLines();
  try {
    for (;;) {
      const progress = await api.call('GET /v1/federations/{id}/progress', { path: { id } });
      const { rounds } = await api.call('GET /v1/federations/{id}/rounds', { path: { id } });
      const finished = rounds.filter(({ round, state }) => round > told && state === 'completed');
      for (const round of finished) {
        display.say(roundLine(round));
        const form =
          round.round === 0 ? weightFormLine(await api.call('GET /v1/federations/{id}', { path: { id } })) : null;
        if (form !== null) display.say(form);
        told = round.round;
      }
      if (progress.status !== 'running' && progress.status !== 'created') break;
      for (const line of placements.of(progress)) display.say(line);
      display.show(progress);
      await sleep(POLL_MILLISECONDS, undefined, { signal });
    }
  } finally {
    display.end();
  }
  const federation = await api.call('GET /v1/federations/{id}', { path: { id } });
  if (federation.status === 'completed') return federation;
  throw new FederationEndedError(endingOf(federation));
}

type Ending = Pick<Federation, 'id' | 'status' | 'reason' | 'round'>;

/** Why it goes on no further, and what can be done about it. */
export function endingOf({ id, status, reason, round }: Ending): string {
  const why = reason ?? 'no reason was given';
  if (status !== 'paused') return `The federation ${status}: ${why}`;
  return [
    `The federation is paused in round ${round}: ${why}`,
    `"fedamole federations resume ${id}" lets it go on;`,
    `"fedamole federations leave ${id} <client>" first, and it goes on without that client (docs/rounds.md).`,
  ].join('\n');
}

function roundLine({ round, startedAt, finishedAt, clients }: Round): string {
  const metrics = clients.flatMap(({ baseline, result }) => (baseline ?? result)?.metrics ?? []);
  const means = (
    [
      ['test loss', metrics.map(({ testLoss }) => testLoss)],
      ['ROUGE-L', metrics.flatMap(({ rougeL }) => rougeL ?? [])],
      ['accuracy', metrics.flatMap(({ choiceAccuracy }) => choiceAccuracy ?? [])],
    ] as const
  ).flatMap(([name, values]) => (values.length === 0 ? [] : `mean ${name} ${number(mean(values), 3)}`));
  const seconds = finishedAt === null ? null : (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000;
  const title = round === 0 ? 'base model' : `round ${round}`;
  const took = seconds === null ? '' : ` (${duration(seconds)})`;
  return `${title}: ${means.join(', ')}${took}`;
}
