/** `fedamole datasets`: what is known of clients' data. */
import { command } from '../command-line/command.js';
import { textTable } from '../command-line/text-table.js';
import { federationOrNewest, findFederation } from '../find-federation.js';
import type { Dataset } from '../resources.js';

export const datasets = [
  command({
    words: 'datasets',
    summary: "Describe the clients' data: numbers and lengths of examples, never the examples.",
    positional: { federation: federationOrNewest },
    async run({ api, output }, { federation }) {
      const client = await api();
      const { id } = await findFederation(client, federation);
      const answer = await client.call('GET /v1/federations/{id}/datasets', { path: { id } });
      const headings = [
        'client',
        'train',
        'embedding',
        'validation',
        'test',
        'left out',
        'prompt tokens',
        'answer tokens',
      ];
      output.result(answer, () => textTable(headings, answer.datasets.map(rowOf)));
    },
  }),
];

const rowOf = ({ client, splits, lengths }: Dataset) => [
  ...[client, splits.train, splits.embedding, splits.validation, splits.test],
  ...[lengths?.leftOut, spread(lengths?.prompt), spread(lengths?.answer)],
];

/** Least, median and most. */
const spread = (lengths: { least: number; median: number; most: number } | undefined): string | null =>
  lengths === undefined ? null : `${lengths.least} / ${lengths.median} / ${lengths.most}`;
