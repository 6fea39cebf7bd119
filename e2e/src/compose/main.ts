/**
 * `npm run e2e:compose`: builds the images, brings docker-compose.yml up, and takes a federation through what an operator does to
 * it meanwhile: more trainers, a crash, a restart of the api, fewer trainers, and all of it again from the same volumes.
 * `--no-build` takes the images as they are.
 */
import { ApiClient } from '@fedamole/api-client';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '../eventually.js';
import { CommandLine } from './command-line.js';
import { ComposeProject } from './compose-project.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const example = join(root, 'examples', 'quickstart');
const clients = readdirSync(join(example, 'clients')).slice(0, 4);
const configuration = {
  rounds: 3,
  stepsPerRound: 40,
  batchSize: 4,
  learningRate: 0.005,
  maxNewTokens: 16,
  seed: 7,
};

interface Federation {
  readonly id: string;
  readonly status: string;
  readonly round: number;
  readonly reason: string | null;
}

const begun = Date.now();
const say = (text: string): void => console.log(`${((Date.now() - begun) / 1000).toFixed(0).padStart(4)} s  ${text}`);

async function main(): Promise<void> {
  const secrets = mkdtempSync(join(tmpdir(), 'fedamole-secrets-'));
  execFileSync('sh', [join(root, 'deploy', 'make-secrets.sh'), secrets]);
  const port = await freePort();
  const env = { ...process.env, SECRETS_FOLDER: secrets, API_BIND: '127.0.0.1', API_PORT: String(port) };
  const project = await ComposeProject.of({ root, name: `fedamole-e2e-${process.pid}`, env });
  const url = `http://127.0.0.1:${port}`;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => void takeDown(project, secrets).finally(() => process.exit(1)));
  }
  try {
    if (!process.argv.includes('--no-build')) await project.do('build');
    say('the images are there');
    await project.do('up', '--detach');
    await ready(url);
    say('the platform is ready');
    const command = ['apps/api/dist/main.js', 'make-key', '--scope', 'operator', '--description', 'e2e'];
    const commandLine = new CommandLine(root, url, await project.execute('api', 'node', ...command));
    await disturbedFederation(project, commandLine, url);
    await sameVolumes(project, commandLine, url);
    await measured(project);
  } catch (error) {
    await project.do('ps').catch(() => undefined);
    await project.do('logs', '--tail', '40').catch(() => undefined);
    throw error;
  } finally {
    await takeDown(project, secrets);
  }
  say('nothing is left');
}

async function disturbedFederation(project: ComposeProject, commandLine: CommandLine, url: string): Promise<void> {
  await commandLine.json(['models', 'register', join(example, 'model')]);
  for (const client of clients) await commandLine.json(['clients', 'register', client]);
  const file = JSON.stringify({ name: 'composed', baseModel: 'model', clients, configuration });
  const { id } = await commandLine.json<Federation>(['federations', 'create', '-', '--start'], file);
  say(`federation ${id} runs on ${(await project.running('trainer')).length} trainer`);
  await roundOf(commandLine, id, 1);
  await scale(project, 3);
  await crashATrainer(project);
  await project.do('restart', 'api');
  await ready(url);
  say('the api was started again');
  await roundOf(commandLine, id, 2);
  await scale(project, 1);
  await eventually('the federation completes', async () => {
    const { status, reason } = await show(commandLine, id);
    if (status === 'completed') return true;
    if (status !== 'running') throw new Error(`the federation is ${status}: ${reason}`);
    return null;
  });
  say('the federation is completed');
}

/** A new container of everything, on what the old ones stored. */
async function sameVolumes(project: ComposeProject, commandLine: CommandLine, url: string): Promise<void> {
  await project.do('down');
  await project.do('up', '--detach');
  await ready(url);
  const found = await show(commandLine, 'composed');
  if (found.status !== 'completed') throw new Error(`on the same volumes the federation is ${found.status}`);
  await commandLine.json(['verify']);
  say('on the same volumes the federation is there, and its events verify');
}

/** Prometheus finds every container by itself, and none of the alerts that are deployed fires on a platform at rest. */
async function measured(project: ComposeProject): Promise<void> {
  await project.do('up', '--detach', '--no-deps', 'prometheus');
  const ask = async <Answer>(path: string): Promise<Answer> => {
    const script = `console.log(await (await fetch('http://prometheus:9090/api/v1/${path}')).text())`;
    const text = await project.execute('api', 'node', '--input-type=module', '--eval', script);
    return (JSON.parse(text) as { data: Answer }).data;
  };
  await eventually('Prometheus reaches every service', async () => {
    const up = await ask<{ result: { metric: { job: string }; value: [number, string] }[] }>('query?query=up').catch(
      () => null,
    );
    const jobs = new Set(up?.result.filter(({ value }) => value[1] === '1').map(({ metric }) => metric.job));
    return jobs.size === 3 ? true : null;
  });
  const { alerts } = await ask<{ alerts: { labels: { alertname: string }; state: string }[] }>('alerts');
  const firing = alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels.alertname);
  if (firing.length > 0) throw new Error(`alerts fire on a platform at rest: ${firing.join(', ')}`);
  say('Prometheus reaches every service');
}

async function scale(project: ComposeProject, trainers: number): Promise<void> {
  await project.do('up', '--detach', '--no-recreate', '--no-deps', '--scale', `trainer=${trainers}`, 'trainer');
  const { length } = await project.running('trainer');
  if (length !== trainers) throw new Error(`${length} trainers run, not ${trainers}`);
  say(`trainers: ${trainers}`);
}

async function crashATrainer(project: ComposeProject): Promise<void> {
  const [container] = await project.running('trainer');
  if (container === undefined) throw new Error('no trainer runs');
  await project.crash(container);
  await eventually('the crashed trainer is healthy again', async () => {
    const state = await project.inspect(container, '{{.RestartCount}} {{.State.Health.Status}}');
    return state === '1 healthy' ? true : null;
  });
  say('a trainer crashed, was started again, and is healthy');
}

const show = (commandLine: CommandLine, federation: string): Promise<Federation> =>
  commandLine.json(['federations', 'show', federation]);

const ready = (url: string): Promise<true> =>
  eventually('the api is ready', async () => {
    // the client's, which notices that Docker's proxy takes a connection and drops it while the container starts
    const health = new ApiClient({ url, silence: 2000 }).call('GET /health/ready', {});
    return health.then(
      () => true,
      () => null,
    );
  });

const roundOf = (commandLine: CommandLine, id: string, round: number): Promise<true> =>
  eventually(`round ${round}`, async () => ((await show(commandLine, id)).round >= round ? true : null));

async function takeDown(project: ComposeProject, secrets: string): Promise<void> {
  await project.do('--profile', 'monitoring', 'down', '--volumes', '--remove-orphans');
  rmSync(secrets, { recursive: true, force: true });
  const left = await project.leftOver();
  if (left.length > 0) throw new Error(`left over: ${left.join(', ')}`);
}

/** It keeps its number when the api's container is started again, which a port that Docker chooses would not. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

await main();
