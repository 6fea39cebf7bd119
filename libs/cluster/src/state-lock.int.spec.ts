import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockState } from './state-lock.js';

describe('the lock of a state folder', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lock-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('is held by one only, and by the next after its release', async () => {
    const lock = await lockState(folder);
    await expect(lockState(folder)).rejects.toThrow(`${folder} is in use by process ${process.pid}`);
    await lock.release();
    const next = await lockState(folder);
    await next.release();
    expect(await readdir(folder)).toEqual([]);
  });

  it('goes to exactly one of many that ask at once', async () => {
    const asked = await Promise.allSettled(Array.from({ length: 20 }, () => lockState(folder)));
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('of a process that was killed is taken over, by exactly one', async () => {
    const script = `import { lockState } from ${JSON.stringify(new URL('./state-lock.js', import.meta.url).href)};
      await lockState(${JSON.stringify(folder)}); console.log('locked'); setInterval(() => {}, 1000);`;
    const holder = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    await expect(lockState(folder)).rejects.toThrow(`in use by process ${holder.pid}`);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    const asked = await Promise.allSettled(Array.from({ length: 10 }, () => lockState(folder)));
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('of a process whose id belongs to another one now is taken over', async () => {
    await writeFile(join(folder, 'lock.json'), JSON.stringify({ pid: process.pid, identity: 'an earlier process' }));
    await expect(lockState(folder)).resolves.toBeDefined();
  });
});
