/** `fedamole federations`: making them, and looking at them. */
import { federationStatuses } from '@fedamole/federation';
import { command } from '../command-line/command.js';
import { RefusedError } from '../command-line/exit-status.js';
import { file, flag, oneOf, required, text, wholeNumber } from '../command-line/parameters.js';
import { fields, textTable } from '../command-line/text-table.js';
import { readFederationFile } from '../federation-file.js';
import { allFederations, federationOrNewest, findFederation } from '../find-federation.js';
import { followToEnd } from '../follow-to-end.js';
import { number } from '../format.js';
import type { Federation, FederationSummary } from '../resources.js';
import { validationText } from '../validation-text.js';

const federationFile = required(file('YAML or JSON; "-" is standard input'));

export const federations = [
  command({
    words: 'federations list',
    summary: 'List federations, the newest first.',
    options: {
      status: oneOf('STATUS', federationStatuses, 'only federations of that status'),
      limit: wholeNumber('N', 1, 100_000, 'at most so many (50)'),
    },
    async run({ api, output }, _, { status, limit = 50 }) {
      const found: FederationSummary[] = [];
      for await (const federation of allFederations(await api(), { status })) {
        found.push(federation);
        if (found.length === limit) break;
      }
      const headings = ['id', 'name', 'status', 'round', 'clients', 'best score', 'created'];
      output.result({ federations: found }, () => textTable(headings, found.map(summaryRow)));
    },
  }),
  command({
    words: 'federations show',
    summary: 'Show a federation: how it is set up, and how far it is.',
    positional: { federation: federationOrNewest },
    async run({ api, output }, { federation: given }) {
      const federation = await findFederation(await api(), given);
      output.result(federation, () => described(federation));
    },
  }),
  command({
    words: 'federations create',
    summary: 'Create a federation from a file.',
    positional: { file: federationFile },
    options: {
      name: text('NAME', "instead of the file's"),
      start: flag('start it at once'),
      watch: flag('start it at once, and follow it to its end'),
    },
    examples: [
      ['federations create federation.yaml --watch', 'create it, start it, and see how it goes'],
      ['federations create - --name nightly < federation.json', 'read it from standard input'],
    ],
    async run(context, { file: path }, { name, start, watch }) {
      const body = await readFederationFile(context, path);
      const api = await context.api();
      const created = await api.call('POST /v1/federations', { body: name === undefined ? body : { ...body, name } });
      if (!start && !watch) {
        const advice = `"fedamole federations start ${created.id}" starts it.`;
        context.output.result(created, () => `Federation ${created.id} is created. ${advice}`);
        return;
      }
      const started = await api.call('POST /v1/federations/{id}/start', { path: { id: created.id } });
      if (watch) await followToEnd(context, api, started.id);
      else context.output.result(started, () => `Federation ${started.id} runs.`);
    },
  }),
  command({
    words: 'federations validate',
    summary: 'Say everything that is wrong with a file, or what its federation would cost; create nothing.',
    positional: { file: federationFile },
    examples: [['federations validate federation.yaml', 'exit status 4 where it would be refused']],
    async run(context, { file: path }) {
      const body = await readFederationFile(context, path);
      const answer = await (await context.api()).call('POST /v1/federations/validate', { body });
      context.output.result(answer, () => validationText(answer));
      if (!answer.valid) throw new RefusedError('It would be refused.');
    },
  }),
];

const summaryRow = (federation: FederationSummary) => [
  federation.id,
  federation.name,
  federation.status,
  `${federation.round}/${federation.rounds}`,
  federation.clients.length,
  federation.bestScore === null ? null : number(federation.bestScore, 3),
  federation.createdAt,
];

function described(federation: Federation): string {
  const { baseModel, clients, configuration, round, rounds, reason } = federation;
  const facts = fields({
    id: federation.id,
    name: federation.name,
    status: federation.status,
    ...(reason === null ? {} : { reason }),
    round: `${round} of ${rounds}`,
    'base model': `${baseModel.name} (${baseModel.digest.slice(0, 12)})`,
    'frozen weights': federation.weightForm,
    modules: federation.modules.length,
    clients: clients.join(', '),
    created: federation.createdAt,
    started: federation.startedAt,
    finished: federation.finishedAt,
  });
  const settings = Object.entries(configuration).map(([name, value]) => [name, JSON.stringify(value)] as const);
  return `${facts}\n\n${fields(Object.fromEntries(settings))}`;
}
