/** `npm run quickstart`: starts the whole platform on this machine and takes one federation through it, as a client would. */
import { basename, join } from 'node:path';
import { ApiClient, ProblemError, UnreachableError } from '@fedamole/api-client';
import { folderDigest } from '@fedamole/artifacts';
import { federationConfiguration, type FederationConfigurationInput } from '@fedamole/federation';
import { findClients, type ClientData } from './client-data.js';
import { FailedError } from './command-line/exit-status.js';
import { keyOf } from './command-line/connection.js';
import { unfinishedFederations } from './find-federation.js';
import { follow } from './follow.js';
import { defaultStateFolder as stateFolder, exampleClients, exampleModel } from './installation.js';
import { checkModel, register, startOrFind } from './local-platform.js';
import { readOptions, usage, type QuickstartOptions } from './options.js';
import { createProgressDisplay } from './progress-display.js';
import { collectReport, renderReport } from './report.js';
import type { Federation } from './resources.js';
import { UsageError } from './usage-error.js';

const federationName = 'quickstart';

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
  const expected = [UsageError, FailedError, ProblemError, UnreachableError].some((kind) => error instanceof kind);
  return expected ? error.message : (error.stack ?? error.message);
}

async function run(options: QuickstartOptions, signal: AbortSignal): Promise<void> {
  await checkModel(modelFolder(options));
  const data = await findClients(options.data ?? exampleClients, options.clients);
  const { trainers, port } = options;
  const platform = { stateFolder, data, model: modelFolder(options), trainers, port };
  const running = await startOrFind(platform, (notice) => console.log(notice), signal);
  try {
    const { apiUrl } = running.description;
    const api = new ApiClient({ url: apiUrl, key: keyOf(running.description), signal });
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
      console.log(`\nEverything keeps running; "npx fedamole status" shows it, "npm run stop" ends it.\n${addresses}`);
      return;
    }
  } catch (error) {
    await running.cluster?.stop();
    throw error;
  }
  await running.cluster?.stop();
}

const modelFolder = (options: QuickstartOptions): string => options.model ?? exampleModel;

/** The federation with these settings that was interrupted, or a new one, started. */
async function prepareFederation(api: ApiClient, options: QuickstartOptions, data: ClientData): Promise<Federation> {
  const model = modelFolder(options);
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
  const unfinished = await unfinishedOfQuickstart(api);
  const interrupted = unfinished.find((federation) => differencesFrom(federation, wanted).length === 0);
  if (interrupted !== undefined) {
    const { id, round, rounds, status } = interrupted;
    console.log(`Going on with federation ${id}, which was interrupted in round ${round} of ${rounds}.`);
    if (status === 'paused') return api.call('POST /v1/federations/{id}/resume', { path: { id } });
    return status === 'created' ? start(api, id) : interrupted;
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
    const body = { reason: 'the quickstart was started anew with --fresh' };
    await api.call('POST /v1/federations/{id}/cancel', { path: { id }, body });
    console.log(`Cancelled federation ${id}.`);
  }
  await register(api, model, clients);
  const body = { name: federationName, baseModel: basename(model), clients, configuration };
  const created = await api.call('POST /v1/federations', { body });
  console.log(
    `Federation ${created.id}: ${clients.length} clients, ${options.rounds} rounds of ${options.steps} steps`,
  );
  return start(api, created.id);
}

const start = (api: ApiClient, id: string): Promise<Federation> =>
  api.call('POST /v1/federations/{id}/start', { path: { id } });

async function unfinishedOfQuickstart(api: ApiClient): Promise<Federation[]> {
  const found: Federation[] = [];
  for await (const { id, name } of unfinishedFederations(api)) {
    if (name === federationName) found.push(await api.call('GET /v1/federations/{id}', { path: { id } }));
  }
  return found;
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
