/**
 * One of the platform's processes, as a child that says when it is ready. Protocol on the IPC channel: the child sends
 * `{type: 'ready', url?, notice?}`; the parent may send `{type: 'detach'}`, after which the child outlives the channel. Without
 * that it ends by itself when the channel closes, so that nothing is left where the parent is killed.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { closeSync, openSync, statSync } from 'node:fs';
import { logTail } from '../log-tail.js';
import type { KnownProcess } from '../processes.js';
import { endProcess, knownProcess } from '../processes.js';

export interface ServiceOptions {
  /** Shown in errors. */
  name: string;
  /** A compiled file that Node runs. */
  entry: string;
  env: Readonly<Record<string, string>>;
  /** Takes what the service prints; appended to. */
  logFile: string;
  /** Called where a service that was ready ends without having been asked to. */
  onUnexpectedExit?: (reason: string) => void;
  /** Ends the service where it is aborted before the service is ready. */
  signal?: AbortSignal;
  /** Milliseconds that it may take to be ready. */
  patience?: number;
}

export interface Service {
  name: string;
  process: KnownProcess;
  /** Where it listens, if it said so. */
  url: string | null;
  /** What it said of itself, if anything. */
  notice: string | null;
  /** From now on it outlives this process. */
  detach(): Promise<void>;
  /** SIGTERM, and SIGKILL where that is not enough; returns once it has ended. Twice is once. */
  stop(): Promise<void>;
}

/** Starts it and waits until it is ready. Throws with the last lines of its log where it ends before, or takes too long. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { name, entry, env, logFile, onUnexpectedExit, signal, patience = 60_000 } = options;
  signal?.throwIfAborted();
  const log = openSync(logFile, 'a', 0o600);
  const logStart = statSync(logFile).size;
  // A process group of its own: Ctrl-C in the terminal is for the supervisor, which then stops its children in order.
  const child = spawn(process.execPath, [entry], { env, detached: true, stdio: ['ignore', log, log, 'ipc'] });
  closeSync(log);
  if (child.pid === undefined) throw new Error(`${name} could not be started: ${await launchError(child)}`);
  const known = await knownProcess(child.pid);
  let expected = false;
  const stop = async (): Promise<void> => {
    expected = true;
    await stopService(known);
  };
  const outcome = await firstOutcome(child, patience, signal);
  if (outcome.kind !== 'ready') {
    await stop();
    signal?.throwIfAborted();
    throw new Error(`${name} ${outcome.reason}:\n${await logTail(logFile, logStart)}`);
  }
  const reportExit = (reason: string): void => {
    if (!expected) onUnexpectedExit?.(reason);
  };
  if (child.exitCode !== null || child.signalCode !== null) reportExit(exitReason(child.exitCode, child.signalCode));
  else child.once('exit', (code, exitSignal) => reportExit(exitReason(code, exitSignal)));
  const detach = async (): Promise<void> => {
    expected = true;
    await new Promise<void>((resolve, reject) => {
      child.send({ type: 'detach' }, (error) => (error ? reject(error) : resolve()));
    });
    child.disconnect();
    child.unref();
  };
  const { url, notice } = outcome;
  return { name, process: known, url, notice, detach, stop };
}

/** Also for a service that another process started. */
export async function stopService(known: KnownProcess): Promise<void> {
  await endProcess(known, [
    { signal: 'SIGTERM', grace: 15_000 },
    { signal: 'SIGKILL', grace: 5000 },
  ]);
}

type Outcome = { kind: 'ready'; url: string | null; notice: string | null } | { kind: 'failed'; reason: string };

function firstOutcome(child: ChildProcess, patience: number, signal: AbortSignal | undefined): Promise<Outcome> {
  return new Promise((resolve) => {
    const settle = (outcome: Outcome): void => {
      clearTimeout(timer);
      child.off('message', onMessage).off('exit', onExit);
      signal?.removeEventListener('abort', onAbort);
      resolve(outcome);
    };
    const onMessage = (message: unknown): void => {
      if (typeof message !== 'object' || message === null || !('type' in message) || message.type !== 'ready') return;
      const { url, notice } = message as { url?: unknown; notice?: unknown };
      const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
      settle({ kind: 'ready', url: text(url), notice: text(notice) });
    };
    const onExit = (code: number | null, exitSignal: NodeJS.Signals | null): void =>
      settle({ kind: 'failed', reason: `${exitReason(code, exitSignal)} before it was ready` });
    const onAbort = (): void => settle({ kind: 'failed', reason: 'was interrupted' });
    const timer = setTimeout(
      () => settle({ kind: 'failed', reason: `was not ready within ${patience / 1000} s` }),
      patience,
    );
    child.on('message', onMessage).once('exit', onExit);
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted) onAbort();
    else if (child.exitCode !== null || child.signalCode !== null) onExit(child.exitCode, child.signalCode);
  });
}

const exitReason = (code: number | null, signal: NodeJS.Signals | null): string =>
  signal ? `was ended by ${signal}` : `ended with status ${code}`;

function launchError(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => child.once('error', (error) => resolve(error.message)));
}
