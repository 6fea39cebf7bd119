/** `fedamole up`, `down` and `status`: the platform on this machine, and how any platform is. */
import { ProblemError, type ApiClient } from '@fedamole/api-client';
import { Cluster, isRunning, type ClusterDescription } from '@fedamole/cluster';
import { findClients } from '../client-data.js';
import { command } from '../command-line/command.js';
import { FailedError } from '../command-line/exit-status.js';
import { folder, wholeNumber } from '../command-line/parameters.js';
import { fields, textTable } from '../command-line/text-table.js';
import { unfinishedFederations } from '../find-federation.js';
import { exampleClients, exampleModel } from '../installation.js';
import { checkModel, register, startOrFind } from '../local-platform.js';
import type { FederationSummary } from '../resources.js';

export const platform = [
  command({
    words: 'up',
    summary: 'Start the platform on this machine, and leave it running.',
    options: {
      data: folder('client data, as the quickstart takes it (the eight example clients)'),
      model: folder('base model in the form of Hugging Face (the example model)'),
      clients: wholeNumber('N', 1, 1000, 'only the first N clients by name'),
      trainers: wholeNumber('N', 1, 64, 'trainer processes (2)'),
      port: wholeNumber('N', 1, 65_535, 'port of the API (any free one)'),
    },
    examples: [['up --data /srv/clients --model /srv/models/Llama-3.2-1B --port 3000', 'with data of your own']],
    async run(context, _, { data, model = exampleModel, clients, trainers = 2, port }) {
      const { output, signal, stateFolder } = context;
      await checkModel(model);
      const found = await findClients(data ?? exampleClients, clients ?? null);
      const settings = { stateFolder, data: found, model, trainers, port: port ?? null };
      const running = await startOrFind(settings, (notice) => output.note(notice), signal);
      try {
        await register(await context.api(), model, Object.keys(found));
        await running.cluster?.keep();
      } catch (error) {
        await running.cluster?.stop();
        throw error;
      }
      const { apiUrl, startedAt } = running.description;
      const facts = { apiUrl, documentation: `${apiUrl}/docs`, startedAt, clients: Object.keys(found), stateFolder };
      output.result(facts, () => `The platform runs at ${apiUrl}; "fedamole down" ends it.`);
    },
  }),
  command({
    words: 'down',
    summary: 'Stop the platform on this machine. What it stored stays.',
    async run({ output, stateFolder }) {
      const stopped = await Cluster.stopKept(stateFolder);
      output.result({ stopped, stateFolder }, () => (stopped ? `Stopped ${stateFolder}` : 'Nothing runs.'));
    },
  }),
  command({
    words: 'status',
    summary: 'Say whether the platform is ready, what runs on this machine, and which federations are under way.',
    examples: [['status && echo ready', 'exit status 0 where it is, 1 where it is not, 5 where nobody answers']],
    async run(context) {
      const { output } = context;
      const api = await context.api();
      const reason = await api.call('GET /health/ready', {}).then(() => null, reasonOf);
      const local = await context.cluster();
      const cluster = local?.apiUrl === api.url ? await describeCluster(local, context.stateFolder) : null;
      const unfinished: FederationSummary[] = [];
      if (reason === null) {
        for await (const federation of unfinishedFederations(api)) unfinished.push(federation);
      }
      const unplaced = await unplacedJobs(api, unfinished);
      const status = { url: api.url, ready: reason === null, reason, cluster, unfinished, unplaced };
      output.result(status, () => shown(status));
      if (reason !== null) throw new FailedError('The platform is not ready.');
    },
  }),
];

/** Throws again what is no answer of the API's own. */
function reasonOf(error: unknown): string {
  if (error instanceof ProblemError && error.status === 503) return error.detail;
  throw error;
}

async function describeCluster({ startedAt, queue, services }: ClusterDescription, stateFolder: string) {
  const parts = services.map(async ({ name, process }) => ({
    name,
    process: process.pid,
    running: await isRunning(process),
  }));
  return { stateFolder, startedAt, queue: queue.description, services: await Promise.all(parts) };
}

interface Status {
  readonly url: string;
  readonly reason: string | null;
  readonly cluster: Awaited<ReturnType<typeof describeCluster>> | null;
  readonly unfinished: readonly FederationSummary[];
  readonly unplaced: Awaited<ReturnType<typeof unplacedJobs>>;
}

/** Clients whose jobs are due and that no live trainer can run. */
async function unplacedJobs(api: ApiClient, unfinished: readonly FederationSummary[]) {
  const running = unfinished.filter(({ status }) => status === 'running');
  const found = running.map(async ({ id }) => {
    const { clients } = await api.call('GET /v1/federations/{id}/progress', { path: { id } });
    return clients.flatMap(({ client, unplaced: why }) =>
      why === null ? [] : [{ federation: id, client, reason: why }],
    );
  });
  return (await Promise.all(found)).flat();
}

function shown({ url, reason, cluster, unfinished, unplaced }: Status): string {
  const facts = { api: url, ready: reason === null ? 'yes' : `no: ${reason}` };
  const federations = [federationTable(unfinished), ...(unplaced.length === 0 ? [] : [unplacedTable(unplaced)])];
  if (cluster === null) return [fields(facts), ...federations].join('\n\n');
  const { stateFolder, startedAt, queue, services } = cluster;
  const rows = services.map(({ name, process, running }) => [name, String(process), running ? 'runs' : 'ENDED']);
  return [
    fields({ ...facts, 'runs since': startedAt, queue, state: stateFolder }),
    textTable(['service', 'process', 'state'], rows),
    ...federations,
  ].join('\n\n');
}

const unplacedTable = (unplaced: Status['unplaced']): string =>
  textTable(
    ['no trainer for', 'client', 'why'],
    unplaced.map(({ federation, client, reason }) => [federation, client, reason]),
  );

function federationTable(unfinished: readonly FederationSummary[]): string {
  if (unfinished.length === 0) return 'No federation is under way.';
  const rows = unfinished.map(({ id, name, status, round, rounds }) => [id, name, status, `${round}/${rounds}`]);
  return textTable(['federation', 'name', 'status', 'round'], rows);
}
