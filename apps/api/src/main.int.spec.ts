import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { TestBench } from './fixtures/test-bench.js';
import { testBench } from './fixtures/test-bench.js';

const entry = fileURLToPath(new URL('./main.js', import.meta.url));
let bench: TestBench;

beforeAll(async () => {
  bench = await testBench();
});
afterAll(() => bench.close());

interface Started {
  child: ChildProcess;
  exited: Promise<number | null>;
  output: () => string;
}

function start(environment: Record<string, string>): Started {
  const child = fork(entry, { env: { PATH: process.env.PATH, ...environment }, silent: true, execArgv: [] });
  let text = '';
  child.stdout?.on('data', (chunk) => (text += String(chunk)));
  child.stderr?.on('data', (chunk) => (text += String(chunk)));
  const outputs = [child.stdout, child.stderr].map((stream) => stream && once(stream, 'close'));
  const exited = Promise.all([once(child, 'exit'), ...outputs]).then(([[code]]) => code as number | null);
  return { child, exited, output: () => text };
}

const environment = (): Record<string, string> => ({
  DATABASE_URL: bench.settings.databaseUrl,
  ARTIFACTS_FOLDER: bench.artifacts.name,
  MODELS_FOLDER: bench.settings.modelsFolder,
  API_PORT: '0',
});

async function ready({ child }: Started): Promise<string> {
  const [message] = (await once(child, 'message')) as [{ type: string; url: string }];
  expect(message.type).toBe('ready');
  return message.url;
}

describe('the api as a process', () => {
  it('says where it listens, in one JSON line and to its supervisor, and ends gracefully on SIGTERM', async () => {
    const started = start(environment());
    const url = await ready(started);
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    started.child.kill('SIGTERM');
    expect(await started.exited).toBe(0);
    const lines = started
      .output()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { msg: string; url?: string });
    expect(lines.find(({ msg }) => msg === 'ready')).toMatchObject({ url });
  });

  it('ends with its supervisor', async () => {
    const started = start(environment());
    await ready(started);
    started.child.disconnect();
    expect(await started.exited).toBe(0);
  });

  it('outlives a supervisor that lets it go', async () => {
    const started = start(environment());
    const url = await ready(started);
    await new Promise((resolve) => started.child.send({ type: 'detach' }, resolve));
    started.child.disconnect();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    started.child.kill('SIGTERM');
    expect(await started.exited).toBe(0);
  });

  it('names every wrong setting and does not start', async () => {
    const started = start({ ...environment(), ARTIFACTS_FOLDER: '/no/such/folder', API_PORT: 'many' });
    expect(await started.exited).toBe(1);
    expect(started.output()).toContain('there is no folder /no/such/folder');
    expect(started.output()).toContain('API_PORT is "many"');
  });

  it('says what is wrong with the database', async () => {
    const empty = new URL(bench.settings.databaseUrl);
    empty.pathname = '/postgres';
    const unmigrated = start({ ...environment(), DATABASE_URL: empty.href });
    expect(await unmigrated.exited).toBe(1);
    expect(unmigrated.output()).toContain('prisma migrate deploy');
    const unreachable = start({ ...environment(), DATABASE_URL: 'postgres://user:secret@localhost:1/platform' });
    expect(await unreachable.exited).toBe(1);
    expect(unreachable.output()).toContain('cannot reach the database platform at localhost:1');
    expect(unreachable.output()).not.toContain('secret');
  });
});
