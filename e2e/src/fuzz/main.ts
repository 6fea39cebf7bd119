/** `npm run fuzz`: requests of all kinds; it exits with status 1 where an answer is not what it has to be. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cluster } from '@fedamole/cluster';
import fc from 'fast-check';
import { clients, dataOf, modelsFolder, root } from '../federation-run.js';
import { AnswerCheck } from './answers.js';
import { endpointsOf } from './document.js';
import { FuzzedApi } from './fuzzed-api.js';
import type { FuzzOptions } from './options.js';
import { readOptions, usage } from './options.js';
import { requestsFor, type FuzzRequest } from './requests.js';

/** Answers by status, and what went wrong. */
interface Outcome {
  readonly statuses: Map<number, number>;
  readonly problem: string | null;
}

async function fuzz(api: FuzzedApi, { requests, seed }: FuzzOptions): Promise<Outcome> {
  const check = new AnswerCheck(api.document);
  const statuses = new Map<number, number>();
  const problemOf = async (request: FuzzRequest): Promise<string | null> => {
    const keysBefore = request.url.startsWith('/v1/keys') ? await api.validKeys() : null;
    const { answer, requestId } = await api.ask(request);
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    const problem = check.problemOf(request.endpoint, answer);
    if (problem !== null || answer.status < 400 || request.endpoint.method === 'GET') return problem;
    if (await api.hasEventsOf(requestId)) return `was refused with ${answer.status}, and left events`;
    if (keysBefore !== null && keysBefore !== (await api.validKeys())) return 'was refused, and changed keys';
    return null;
  };
  const endpoints = endpointsOf(api.document);
  const anything = fc.oneof(...endpoints.map((endpoint) => requestsFor(api.document, endpoint, api.known)));
  const property = fc.asyncProperty(anything, async (request) => {
    const problem = await problemOf(request);
    if (problem !== null) throw new Error(`${request.endpoint.operation.operationId} ${problem}`);
  });
  const details = await fc.check(property, { numRuns: requests, seed });
  return { statuses, problem: details.failed ? report(details) : null };
}

/** The smallest request that was found to fail alike, and what failed. */
function report({ counterexample, errorInstance, numRuns, numShrinks, seed }: fc.RunDetails<[FuzzRequest]>): string {
  const [request] = counterexample ?? [];
  const { method = '', path = '' } = request?.endpoint ?? {};
  const told = request && { caller: request.caller, url: request.url, headers: request.headers, body: request.body };
  const where = `request ${numRuns} of seed ${seed}, made smaller ${numShrinks} times`;
  const reason = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
  return `${where}: ${method} ${path}\n${JSON.stringify(told, null, 2)}\n${reason}`;
}

async function run(options: FuzzOptions): Promise<boolean> {
  const stateFolder = await mkdtemp(join(tmpdir(), 'fedamole-fuzz-'));
  // Root's PostgreSQL runs as another account, which must be able to pass through.
  await chmod(stateFolder, 0o711);
  const ended: string[] = [];
  const cluster = await Cluster.start({
    root,
    stateFolder,
    clients: Object.fromEntries(clients.map((client) => [client, dataOf(client)])),
    modelsFolder,
    trainers: 0,
    threadsPerTrainer: 1,
    env: { ...process.env, API_REQUESTS_PER_MINUTE: '10000000' },
    onNotice: (notice) => {
      if (notice.startsWith('api ended')) ended.push(notice);
    },
  });
  const { dataFolder } = cluster.describe().postgres;
  try {
    const { statuses, problem } = await fuzz(await FuzzedApi.prepare(cluster), options);
    const counted = [...statuses]
      .sort(([one], [other]) => one - other)
      .map(([status, count]) => `${count} x ${status}`);
    console.log(`${[...statuses.values()].reduce((sum, count) => sum + count, 0)} answers: ${counted.join(', ')}`);
    if (problem !== null) console.error(problem);
    for (const notice of ended) console.error(notice);
    return problem === null && ended.length === 0;
  } finally {
    await cluster.stop();
    await rm(dataFolder, { recursive: true, force: true });
    await rm(stateFolder, { recursive: true, force: true });
  }
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options === null) console.log(usage);
  else if (!(await run(options))) process.exitCode = 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
