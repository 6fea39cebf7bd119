import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ClusterDescription } from './cluster-file.js';
import type { ClusterOptions } from './cluster-options.js';
import { Cluster } from './cluster.js';
import type { KnownProcess } from './processes.js';
import { isRunning } from './processes.js';

const repository = fileURLToPath(new URL('../../../', import.meta.url));

/** Real PostgreSQL and real migrations; the apps are stand-ins that only say when they are ready. */
describe('a cluster', () => {
  let root: string;
  let state: string;
  let cluster: Cluster | null = null;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'root-'));
    await writeFile(join(root, 'package.json'), '{"type": "module"}');
    await copyFile(join(repository, 'prisma.config.ts'), join(root, 'prisma.config.ts'));
    for (const name of ['prisma', 'node_modules']) await symlink(join(repository, name), join(root, name));
    for (const app of ['api', 'aggregator', 'trainer']) await useApp(app, 'service.fixture.js');
  });
  afterAll(() => rm(root, { recursive: true, force: true }));
  beforeEach(async () => {
    state = await mkdtemp(join(tmpdir(), 'state-'));
    // Root's PostgreSQL runs as another account, and would keep its data elsewhere.
    await chmod(state, 0o755);
  });
  afterEach(async () => {
    await cluster?.stop();
    cluster = null;
    await Cluster.stopKept(state);
    await rm(state, { recursive: true, force: true });
  });

  async function useApp(app: string, script: string): Promise<void> {
    const folder = join(root, 'apps', app, 'dist');
    await mkdir(folder, { recursive: true });
    const url = new URL(`./services/${script}`, import.meta.url).href;
    await writeFile(join(folder, 'main.js'), `await import(${JSON.stringify(url)});\n`);
  }

  const options = (more: Partial<ClusterOptions> = {}): ClusterOptions => ({
    root,
    stateFolder: state,
    clients: { 'bank-requests': join(root, 'bank') },
    modelsFolder: join(root, 'models'),
    trainers: 2,
    threadsPerTrainer: 1,
    // No Redis on this PATH, so the queue is PostgreSQL.
    env: { PATH: '', REDIS_URL: '', SECRET_OF_THE_SHELL: 'inherited' },
    ...more,
  });
  const start = async (more: Partial<ClusterOptions> = {}): Promise<Cluster> =>
    (cluster = await Cluster.start(options(more)));
  const processes = ({ postgres, services }: ClusterDescription): KnownProcess[] => [
    postgres.process,
    ...services.map(({ process }) => process),
  ];
  const running = async (all: KnownProcess[]): Promise<boolean[]> => Promise.all(all.map(isRunning));
  const environmentOf = async (description: ClusterDescription, name: string): Promise<Record<string, string>> => {
    const service = description.services.find((one) => one.name === name);
    const answer = (await (await fetch(`${service?.url}/env`)).json()) as { env: Record<string, string> };
    return answer.env;
  };

  it('runs everything, tells each service what it needs and no more, and stops without a trace', async () => {
    const { stateFolder } = await start();
    const description = JSON.parse(await readFile(join(stateFolder, 'cluster.json'), 'utf8')) as ClusterDescription;
    expect((await stat(join(stateFolder, 'cluster.json'))).mode & 0o777).toBe(0o600);
    expect(description.services.map(({ name }) => name)).toEqual(['api', 'aggregator', 'trainer-1', 'trainer-2']);
    const api = await environmentOf(description, 'api');
    expect(api).toMatchObject({ API_HOST: '127.0.0.1', ARTIFACTS_FOLDER: join(state, 'artifacts') });
    expect(api.DATABASE_URL).toMatch(/^postgresql:\/\/fedamole:/);
    const trainer = await environmentOf(description, 'trainer-2');
    expect(trainer.DATABASE_URL).toBeUndefined();
    expect(trainer.QUEUE_DATABASE_URL).toMatch(/^postgresql:\/\/fedamole_worker:/);
    expect(trainer).toMatchObject({ TRAINER_THREADS: '1', HEALTH_HOST: '127.0.0.1', SECRET_OF_THE_SHELL: 'inherited' });
    expect(JSON.parse(trainer.TRAINER_CLIENTS ?? '')).toEqual({ 'bank-requests': join(root, 'bank') });
    await cluster?.stop();
    expect(await running(processes(description))).toEqual([false, false, false, false, false]);
    await expect(stat(join(state, 'cluster.json'))).rejects.toThrow('ENOENT');
    await expect(stat(join(state, 'lock.json'))).rejects.toThrow('ENOENT');
  });

  it("keeps the operator's key for its owner, and makes another only where the api does not take it", async () => {
    const { apiKey } = await start({ trainers: 1 });
    expect(apiKey).toMatch(/^fedamole_o_\d{44}$/);
    expect(cluster?.describe().apiKey).toBe(apiKey);
    const file = join(state, 'operator-key.json');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await cluster?.stop();
    expect((await start({ trainers: 1 })).apiKey).toBe(apiKey);
    await cluster?.stop();
    await writeFile(file, JSON.stringify({ key: 'revoked' }));
    expect((await start({ trainers: 1 })).apiKey).toMatch(/^fedamole_o_\d{44}$/);
  });

  it('has its state folder to itself', async () => {
    await start({ trainers: 1 });
    await expect(Cluster.start(options())).rejects.toThrow(`${state} is in use by process ${process.pid}`);
    expect(await Cluster.find(state)).toBeNull();
  });

  it('starts the api again where it was, after it crashed', async () => {
    const notices: string[] = [];
    const { apiUrl } = await start({ trainers: 1, onNotice: (notice) => void notices.push(notice) });
    await fetch(`${apiUrl}/crash`).catch(() => undefined);
    while (!notices.includes('api runs again.')) await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await fetch(apiUrl)).status).toBe(200);
    expect(cluster?.apiUrl).toBe(apiUrl);
    expect(notices.find((notice) => notice.startsWith('api ended'))).toContain('api ended with status 1');
  });

  it('starts PostgreSQL again where it was, after it was killed', async () => {
    const notices: string[] = [];
    const { postgres } = (await start({ trainers: 1, onNotice: (notice) => void notices.push(notice) })).describe();
    process.kill(postgres.process.pid, 'SIGKILL');
    while (!notices.includes('PostgreSQL runs again.')) await new Promise((resolve) => setTimeout(resolve, 20));
    const again = cluster?.describe().postgres;
    expect(again?.url).toBe(postgres.url);
    expect(again?.process).not.toEqual(postgres.process);
    expect(again && (await isRunning(again.process))).toBe(true);
  });

  it('that is kept is found and stopped by others, and not started over', async () => {
    const started = await start({ trainers: 1 });
    await started.keep();
    await started.stop();
    const found = await Cluster.find(state);
    expect(found?.apiUrl).toBe(started.apiUrl);
    expect((await fetch(started.apiUrl)).status).toBe(200);
    await expect(Cluster.start(options())).rejects.toThrow(`A kept cluster runs on ${state}, at ${started.apiUrl}`);
    expect(await Cluster.stopKept(state)).toBe(true);
    expect(await running(processes(started.describe()))).toEqual([false, false, false, false]);
    expect(await Cluster.find(state)).toBeNull();
    expect(await Cluster.stopKept(state)).toBe(false);
  });

  it('leaves nothing running where a part does not start, and says which part', async () => {
    await useApp('aggregator', 'nothing-there.js');
    try {
      await expect(Cluster.start(options())).rejects.toThrow(/aggregator ended with status 1 before it was ready/);
    } finally {
      await useApp('aggregator', 'service.fixture.js');
    }
    await expect(stat(join(state, 'postgres', 'data', 'postmaster.pid'))).rejects.toThrow('ENOENT');
    await expect(stat(join(state, 'lock.json'))).rejects.toThrow('ENOENT');
  });

  it('leaves nothing running where its start is interrupted', async () => {
    const abort = new AbortController();
    const onNotice = (notice: string): void => {
      if (notice.startsWith('Queue')) abort.abort(new Error('interrupted by the user'));
    };
    await expect(Cluster.start(options({ signal: abort.signal, onNotice }))).rejects.toThrow('interrupted by the user');
    await expect(stat(join(state, 'postgres', 'data', 'postmaster.pid'))).rejects.toThrow('ENOENT');
  });

  it('refuses a port that is in use before it starts anything', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    await expect(Cluster.start(options({ apiPort: port }))).rejects.toThrow(`Port ${port} for the api is in use`);
    await expect(stat(join(state, 'postgres'))).rejects.toThrow('ENOENT');
    other.close();
  });

  it('refuses a state folder that cannot be one', async () => {
    await writeFile(join(state, 'file'), '');
    await expect(Cluster.start(options({ stateFolder: join(state, 'file') }))).rejects.toThrow(
      `The state folder ${join(state, 'file')} cannot be used`,
    );
  });
});
