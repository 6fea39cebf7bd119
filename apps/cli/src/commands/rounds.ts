/** `fedamole rounds`: what every client measured, round by round. */
import { command } from '../command-line/command.js';
import { NotFoundError } from '../command-line/exit-status.js';
import { wholeNumber } from '../command-line/parameters.js';
import { textTable } from '../command-line/text-table.js';
import { federationOrNewest, findFederation } from '../find-federation.js';
import { duration, mean, number } from '../format.js';
import type { Round } from '../resources.js';

export const rounds = [
  command({
    words: 'rounds',
    summary: 'Show the rounds of a federation, or what every client measured in one of them.',
    positional: { federation: federationOrNewest },
    options: { round: wholeNumber('N', 0, 10_000, "that round's clients; 0 measures the base model") },
    examples: [['rounds --round 2 --json | jq ".clients[].result.metrics"', "one round's measures for a program"]],
    async run({ api, output }, { federation }, { round }) {
      const client = await api();
      const { id } = await findFederation(client, federation);
      const answer = await client.call('GET /v1/federations/{id}/rounds', { path: { id } });
      if (round === undefined) {
        const headings = ['round', 'state', 'clients', 'test loss', 'rouge-l', 'accuracy', 'took', 'missing'];
        output.result(answer, () => textTable(headings, answer.rounds.map(roundRow)));
        return;
      }
      const found = answer.rounds.find((candidate) => candidate.round === round);
      if (found === undefined) throw new NotFoundError(`Round ${round} of federation ${id} was not started.`);
      output.result(found, () => clientTable(found));
    },
  }),
];

type Metrics = NonNullable<Round['clients'][number]['result']>['metrics'];

const metricsOf = ({ baseline, result }: Round['clients'][number]): Metrics | null =>
  (result ?? baseline)?.metrics ?? null;

function roundRow(round: Round) {
  const { clients, startedAt, finishedAt, closed } = round;
  const metrics = clients.flatMap((client) => metricsOf(client) ?? []);
  const meanOf = (of: (one: Metrics) => number | null): string | null => {
    const values = metrics.flatMap((one) => of(one) ?? []);
    return values.length === 0 ? null : number(mean(values), 3);
  };
  return [
    round.round,
    round.state,
    `${metrics.length}/${clients.length}`,
    ...[meanOf((one) => one.testLoss), meanOf((one) => one.rougeL), meanOf((one) => one.choiceAccuracy)],
    finishedAt === null ? null : duration((Date.parse(finishedAt) - Date.parse(startedAt)) / 1000),
    closed?.missing.map(({ client }) => client).join(' '),
  ];
}

function clientTable({ clients }: Round): string {
  const shown = (value: number | null | undefined): string | null =>
    value === null || value === undefined ? null : number(value, 3);
  const rows = clients.map((client) => {
    const metrics = metricsOf(client);
    const measured = [metrics?.validationLoss, metrics?.testLoss, metrics?.rougeL, metrics?.choiceAccuracy].map(shown);
    return [client.client, shown(client.result?.trainLoss), ...measured, client.failure];
  });
  return textTable(['client', 'train loss', 'validation loss', 'test loss', 'rouge-l', 'accuracy', 'failure'], rows);
}
