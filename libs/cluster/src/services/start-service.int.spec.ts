import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { KnownProcess } from '../processes.js';
import { endsWithin, isRunning } from '../processes.js';
import type { Service, ServiceOptions } from './start-service.js';
import { startService, stopService } from './start-service.js';
import { superviseService } from './supervise.js';

const fixture = (name: string): string => fileURLToPath(new URL(`./${name}.fixture.js`, import.meta.url));

describe('a service', () => {
  let folder: string;
  let logFile: string;
  const started: { stop(): Promise<void> }[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'service-'));
    logFile = join(folder, 'service.log');
  });
  afterEach(async () => {
    await Promise.all(started.splice(0).map((service) => service.stop()));
    await rm(folder, { recursive: true, force: true });
  });

  const options = (mode: string, more: Partial<ServiceOptions> = {}): ServiceOptions => ({
    name: 'fixture',
    entry: fixture('service'),
    env: { FIXTURE_MODE: mode },
    logFile,
    ...more,
  });
  const start = async (mode: string, more: Partial<ServiceOptions> = {}): Promise<Service> => {
    const service = await startService(options(mode, more));
    started.push(service);
    return service;
  };

  it('is given back once it is ready, with its address and what it says of itself, and prints to its log', async () => {
    const service = await start('ready');
    const { pid } = (await (await fetch(service.url ?? '')).json()) as { pid: number };
    expect(pid).toBe(service.process.pid);
    expect(service.notice).toBe('as a fixture');
    expect(await readFile(logFile, 'utf8')).toBe('fixture in mode ready\n');
  });

  it('sees the environment it was given and nothing of the caller', async () => {
    const service = await start('ready');
    const { env } = (await (await fetch(`${service.url}/env`)).json()) as { env: Record<string, string> };
    expect(env.FIXTURE_MODE).toBe('ready');
    expect(env.PATH).toBeUndefined();
  });

  it('that ends before it is ready is an error with the end of its log', async () => {
    await expect(start('fails')).rejects.toThrow(
      /fixture ended with status 3 before it was ready:\n[\s\S]*DATABASE_URL is missing/,
    );
  });

  it('that does not get ready in time is ended and is an error', async () => {
    await expect(start('silent', { patience: 300 })).rejects.toThrow('fixture was not ready within 0.3 s');
  });

  it('is ended where its start is aborted', async () => {
    const abort = new AbortController();
    const outcome = start('silent', { signal: abort.signal });
    setTimeout(() => abort.abort(new Error('interrupted by the user')), 200);
    await expect(outcome).rejects.toThrow('interrupted by the user');
  });

  it('that crashes is reported, and one that is stopped is not', async () => {
    const reasons: string[] = [];
    const crashed = new Promise<void>((resolve) => {
      void start('ready', { onUnexpectedExit: (reason) => void (reasons.push(reason), resolve()) }).then((service) =>
        fetch(`${service.url}/crash`).catch(() => undefined),
      );
    });
    await crashed;
    const other = await start('ready', { onUnexpectedExit: (reason) => void reasons.push(reason) });
    await other.stop();
    expect(reasons).toEqual(['ended with status 1']);
    expect(await isRunning(other.process)).toBe(false);
  });

  it('ends by itself where the process that started it is killed', async () => {
    const supervisor = spawn(process.execPath, [fixture('supervisor'), logFile], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(supervisor.stdout, 'data')) as [Buffer];
    const orphan = JSON.parse(line.toString()) as KnownProcess;
    expect(await isRunning(orphan)).toBe(true);
    supervisor.kill('SIGKILL');
    expect(await endsWithin(orphan, 10_000)).toBe(true);
  });

  it('that was detached outlives the channel', async () => {
    const service = await start('ready');
    await service.detach();
    const { pid } = (await (await fetch(service.url ?? '')).json()) as { pid: number };
    expect(pid).toBe(service.process.pid);
    await stopService(service.process);
    expect(await isRunning(service.process)).toBe(false);
  });

  it('is started again by its supervisor, and that is said', async () => {
    const notices: string[] = [];
    let again: () => void = () => undefined;
    const restarted = new Promise<void>((resolve) => (again = resolve));
    const supervised = await superviseService(() => options('ready'), {
      onNotice: (notice) => void notices.push(notice),
      onRestart: () => again(),
    });
    started.push(supervised);
    const first = supervised.process;
    process.kill(first.pid, 'SIGKILL');
    await restarted;
    expect(supervised.process).not.toEqual(first);
    expect(await isRunning(supervised.process)).toBe(true);
    expect(notices[0]).toContain('fixture was ended by SIGKILL; it is started again in 0.5 s');
    await supervised.stop();
    expect(await isRunning(supervised.process)).toBe(false);
  });

  it('is not started again once its supervisor was told to stop', async () => {
    const notices: string[] = [];
    let said: () => void = () => undefined;
    const noticed = new Promise<void>((resolve) => (said = resolve));
    const supervised = await superviseService(() => options('ready'), {
      onNotice: (notice) => {
        notices.push(notice);
        said();
      },
      onRestart: () => notices.push('restarted'),
    });
    process.kill(supervised.process.pid, 'SIGKILL');
    await noticed;
    await supervised.stop();
    expect(notices).toHaveLength(1);
    expect(await isRunning(supervised.process)).toBe(false);
  });
});
