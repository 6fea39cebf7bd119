/** `npm run quickstart`: starts the whole platform on this machine and takes one federation through it, as a client would. */
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { folderDigest } from '@fedamole/artifacts';
import { ModelFolderError, readBaseModel } from '@fedamole/base-models';
import { Cluster, type ClusterDescription } from '@fedamole/cluster';
import { baseModelName, federationConfiguration, type FederationConfigurationInput } from '@fedamole/federation';
import { ApiClient, ApiError, type Federation } from './api-client.js';
import { findClients, type ClientData } from './client-data.js';
import { follow, FederationEndedError } from './follow.js';
import { readOptions, usage, type QuickstartOptions } from './options.js';
import { createProgressDisplay } from './progress-display.js';
import { collectReport, renderReport } from './report.js';
import { UsageError } from './usage-error.js';

const root = join(import.meta.dirname, '../../..');
const examples = join(root, 'examples', 'quickstart');
const stateFolder = join(root, '.fedamole', 'quickstart');
const federationName = 'quickstart';

/** Thrown where the platform does not start: a port in use, a disk that is full, a part that fails. */
class StartError extends Error {
  override readonly name = 'StartError';
}

interface Running {
  readonly description: ClusterDescription;
  /** Null where the cluster was kept by an earlier run. */
  readonly cluster: Cluster | null;
}

/** Runs to the end and sets the process's exit code: 0, 1 where it failed, 2 for a wrong command line, 130 after Ctrl-C. */
export async function quickstart(argv: readonly string[]): Promise<void> {
  const stop = new AbortController();
  const signals = { SIGINT: 130, SIGHUP: 129, SIGTERM: 143 } as const;
  let exitCode: number | null = null;
  for (const [signal, code] of Object.entries(signals)) {
    process.on(signal, () => {
      exitCode ??= code;
      stop.abort(new Error(`stopped by ${signal}`));
    });
  }
  try {
    const options = readOptions(argv);
    if (options === null) console.log(usage);
    else await run(options, stop.signal);
  } catch (error) {
    if (stop.signal.aborted) console.error('Stopped; "npm run quickstart" with the same options goes on from here.');
    else console.error(messageOf(error));
    exitCode ??= error instanceof UsageError ? 2 : 1;
  }
  process.exit(exitCode ?? 0);
}

/** What an operator can act on is shown without a stack. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const expected = [UsageError, StartError, ApiError, FederationEndedError].some((kind) => error instanceof kind);
  return expected ? error.message : (error.stack ?? error.message);
}

async function run(options: QuickstartOptions, signal: AbortSignal): Promise<void> {
  await checkModel(modelFolder(options));
  const data = await findClients(options.data ?? join(examples, 'clients'), options.clients);
  const running = await startOrFind(options, data, signal);
  try {
    const { apiUrl, apiKey } = running.description;
    const api = new ApiClient(apiUrl, apiKey, signal);
    const federation = await prepareFederation(api, options, data);
    const addresses = [
      `API: ${apiUrl}/v1`,
      `API documentation (Swagger): ${apiUrl}/docs`,
      `Events of this federation: ${apiUrl}/v1/federations/${federation.id}/events`,
    ].join('\n');
    console.log(`\n${addresses}\n`);
    const finished = await follow(api, federation.id, createProgressDisplay(process.stdout), signal);
    const folder = join(stateFolder, 'federations', federation.id);
    console.log(`\n${renderReport(await collectReport(api, finished, folder), folder)}`);
    if (options.keep || running.cluster === null) {
      await running.cluster?.keep();
      console.log(`\nEverything keeps running; "npm run stop" ends it.\n${addresses}`);
      return;
    }
  } catch (error) {
    await running.cluster?.stop();
    throw error;
  }
  await running.cluster?.stop();
}

const modelFolder = (options: QuickstartOptions): string => options.model ?? join(examples, 'model');

async function startOrFind(options: QuickstartOptions, data: ClientData, signal: AbortSignal): Promise<Running> {
  const kept = await Cluster.find(stateFolder);
  if (kept !== null) {
    requireSameSettings(kept, options, data);
    console.log(`Using the cluster that was kept running since ${kept.startedAt}.`);
    return { description: kept, cluster: null };
  }
  const threadsPerTrainer = Math.max(1, Math.floor(availableParallelism() / options.trainers));
  console.log(
    `Starting the platform with ${options.trainers} trainers of ${threadsPerTrainer} threads; its state lies in ${stateFolder}`,
  );
  const cluster = await Cluster.start({
    root,
    stateFolder,
    clients: data,
    modelsFolder: dirname(modelFolder(options)),
    trainers: options.trainers,
    threadsPerTrainer,
    ...(options.port === null ? {} : { apiPort: options.port }),
    onNotice: (notice) => console.log(`  ${notice}`),
    signal,
  }).catch((error: unknown) => {
    throw new StartError(error instanceof Error ? error.message : String(error), { cause: error });
  });
  return { description: cluster.describe(), cluster };
}

/** What a cluster was started with cannot be changed while it is kept. */
function requireSameSettings(kept: ClusterDescription, options: QuickstartOptions, data: ClientData): void {
  const missing = Object.keys(data).filter((name) => kept.clients[name] !== data[name]);
  const models = dirname(modelFolder(options));
  const problems = [
    ...(missing.length > 0 ? [`does not reach the data of ${missing.join(', ')}`] : []),
    ...(kept.modelsFolder !== models ? [`has its models in ${kept.modelsFolder}, not in ${models}`] : []),
    ...(options.port !== null && new URL(kept.apiUrl).port !== String(options.port)
      ? [`listens at ${kept.apiUrl}`]
      : []),
  ];
  if (problems.length === 0) return;
  throw new UsageError(
    `The cluster that is kept running ${problems.join(', and ')}: end it first with "npm run stop".`,
  );
}

/** Before anything starts: a folder that is missing, incomplete, or of a kind that is not supported. */
async function checkModel(folder: string): Promise<void> {
  const name = baseModelName.safeParse(basename(folder));
  if (!name.success)
    throw new UsageError(`--model ${folder}: the folder's name is the model's: ${name.error.issues[0]?.message ?? ''}`);
  await readBaseModel(folder).catch((error: unknown) => {
    throw error instanceof ModelFolderError ? new UsageError(`--model ${error.message}`) : error;
  });
}

/** The federation with these settings that was interrupted, or a new one, started. */
async function prepareFederation(api: ApiClient, options: QuickstartOptions, data: ClientData): Promise<Federation> {
  const model = modelFolder(options);
  const modelName = basename(model);
  const digest = await folderDigest(model);
  const clients = Object.keys(data).sort();
  const configuration: FederationConfigurationInput = {
    rounds: options.rounds,
    stepsPerRound: options.steps,
    batchSize: options.batchSize,
    learningRate: options.learningRate,
    ...options.training,
    maxNewTokens: 32,
    seed: options.seed,
  };
  const wanted = { ...federationConfiguration.parse(configuration), clients, digest };
  const unfinished = (await api.unfinishedFederations()).filter(({ name }) => name === federationName);
  const interrupted = unfinished.find((federation) => differencesFrom(federation, wanted).length === 0);
  if (interrupted !== undefined) {
    const { id, round, rounds, status } = interrupted;
    console.log(`Going on with federation ${id}, which was interrupted in round ${round} of ${rounds}.`);
    if (status === 'paused') return api.resumeFederation(id);
    return status === 'created' ? api.startFederation(id) : interrupted;
  }
  for (const federation of unfinished) {
    const { id, round, rounds } = federation;
    if (!options.fresh) {
      throw new UsageError(
        `Federation ${id} is unfinished (round ${round} of ${rounds}) and was started with other ` +
          `settings (${differencesFrom(federation, wanted).join('; ')}). Run with the same settings to go on with it, ` +
          'or with --fresh to cancel it: its events and artifacts stay.',
      );
    }
    await api.cancelFederation(id, 'the quickstart was started anew with --fresh');
    console.log(`Cancelled federation ${id}.`);
  }
  await api.registerBaseModel({ name: modelName, digest }).catch((error: unknown) => {
    if (!(error instanceof ApiError) || error.code !== 'BASE_MODEL_CONFLICT') throw error;
    throw new UsageError(`--model ${model}: ${error.message}. Give the changed model's folder another name.`);
  });
  for (const name of clients) await api.registerClient({ name });
  const created = await api.createFederation({ name: federationName, baseModel: modelName, clients, configuration });
  console.log(
    `Federation ${created.id}: ${clients.length} clients, ${options.rounds} rounds of ${options.steps} steps`,
  );
  return api.startFederation(created.id);
}

function differencesFrom(federation: Federation, wanted: Readonly<Record<string, unknown>>): string[] {
  const actual: Readonly<Record<string, unknown>> = {
    ...federation.configuration,
    clients: federation.clients,
    digest: federation.baseModel.digest,
  };
  return Object.entries(wanted)
    .filter(([name, value]) => JSON.stringify(actual[name]) !== JSON.stringify(value))
    .map(([name, value]) => `${name} ${JSON.stringify(actual[name])}, now ${JSON.stringify(value)}`);
}
