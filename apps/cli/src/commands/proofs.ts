/** `fedamole replay` and `fedamole verify`: whether what is recorded holds. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient } from '@fedamole/api-client';
import { command } from '../command-line/command.js';
import { FailedError } from '../command-line/exit-status.js';
import { text, wholeNumber } from '../command-line/parameters.js';
import { textTable } from '../command-line/text-table.js';
import { federationOrNewest, findFederation } from '../find-federation.js';
import type { Replay } from '../resources.js';
import { UsageError } from '../usage-error.js';

const pollMilliseconds = 500;

export const proofs = [
  command({
    words: 'replay',
    summary: 'Compute merges and assignments again, and compare them with what was recorded.',
    positional: { federation: federationOrNewest },
    options: { round: wholeNumber('N', 0, 10_000, 'that round only; all that were aggregated when left out') },
    examples: [['replay quickstart', 'exit status 1 where anything differs by a bit']],
    async run({ api, output, signal }, { federation }, { round }) {
      const client = await api();
      const { id } = await findFederation(client, federation);
      const replays: Replay[] = [];
      for (const each of round === undefined ? await aggregatedRounds(client, id) : [round]) {
        replays.push(await replayed(client, id, each, signal));
      }
      const rows = replays.map((replay) => [
        replay.round,
        replay.state,
        ...[replay.pool, replay.scores, replay.assignment].map((part) => (part === null ? null : verdict(part.equal))),
        replay.reason,
      ]);
      const headings = ['round', 'replay', 'pool', 'scores', 'assignment', 'reason'];
      output.result({ replays }, () => textTable(headings, rows));
      const differing = replays.filter(({ equal }) => equal !== true).map((replay) => replay.round);
      if (differing.length > 0) throw new FailedError(`Not as it was recorded: round ${differing.join(', ')}.`);
    },
  }),
  command({
    words: 'verify',
    summary: 'Check the hash chain over all events.',
    options: {
      position: text('POSITION', 'of an end that was told earlier; needs --hash'),
      hash: text('HASH', 'of that end: the log must still contain it'),
    },
    examples: [['verify --json', 'whoever keeps its "end" elsewhere can check a later log against it']],
    async run({ api, output }, _, { position, hash }) {
      if ((position === undefined) !== (hash === undefined)) throw new UsageError('--position and --hash go together');
      const found = await (await api()).call('GET /v1/events/verify', { query: { position, hash } });
      const { intact, events, end, tampering } = found;
      output.result(found, () =>
        intact ? `${events} events are as they were recorded.\nEnd: position ${end.position}, hash ${end.hash}` : '',
      );
      if (tampering === null) return;
      const { what, position: place, event, reason } = tampering;
      const named = event === null ? '' : `, ${event.type} (version ${event.version} of ${event.stream}),`;
      throw new FailedError(`The log was tampered with: position ${place}${named} was ${what}: ${reason}.`);
    },
  }),
];

const verdict = (equal: boolean): string => (equal ? 'equal' : 'DIFFERS');

async function aggregatedRounds(api: ApiClient, id: string): Promise<number[]> {
  const { rounds } = await api.call('GET /v1/federations/{id}/rounds', { path: { id } });
  return rounds.filter(({ aggregated }) => aggregated !== null).map(({ round }) => round);
}

async function replayed(api: ApiClient, id: string, round: number, signal: AbortSignal): Promise<Replay> {
  const path = { id, round: String(round) };
  let replay: Replay = await api.call('POST /v1/federations/{id}/rounds/{round}/replay', { path });
  while (replay.state === 'waiting' || replay.state === 'running') {
    await sleep(pollMilliseconds, undefined, { signal });
    replay = await api.call('GET /v1/federations/{id}/rounds/{round}/replay', { path });
  }
  return replay;
}
