/** Looking at and ending processes by their id, safely where ids are used again. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

/** A process that can be told from a later one of the same id: `identity` is when it was started. */
export interface KnownProcess {
  pid: number;
  identity: string;
}

const run = promisify(execFile);
/** Milliseconds between two looks at a process that is expected to end. */
const interval = 25;

/**
 * When a process was started, as text that no other process of that id has; null where there is none or it is only
 * waiting for its parent to notice its end.
 */
export async function processIdentity(pid: number): Promise<string | null> {
  if (!isSignallable(pid)) return null;
  return process.platform === 'linux' ? linuxIdentity(pid) : psField(pid, 'lstart');
}

/** The command line of a process; null where there is none. */
export async function processCommand(pid: number): Promise<string | null> {
  if (!isSignallable(pid)) return null;
  if (process.platform !== 'linux') return psField(pid, 'command');
  const text = await readIfThere(`/proc/${pid}/cmdline`);
  return text ? text.replaceAll('\0', ' ').trim() : null;
}

/** This process, or a child just started. */
export async function knownProcess(pid: number): Promise<KnownProcess> {
  return { pid, identity: (await processIdentity(pid)) ?? 'ended' };
}

export async function isRunning({ pid, identity }: KnownProcess): Promise<boolean> {
  return (await processIdentity(pid)) === identity;
}

/**
 * Sends `signals` one after the other, each after the milliseconds given for the one before it, until the process has
 * ended. Throws where it is still there after the last one.
 */
export async function endProcess(
  known: KnownProcess,
  signals: readonly { signal: NodeJS.Signals; grace: number }[],
): Promise<void> {
  for (const { signal, grace } of signals) {
    if (!(await isRunning(known))) return;
    signalProcess(known.pid, signal);
    if (await endsWithin(known, grace)) return;
  }
  throw new Error(`process ${known.pid} did not end on ${signals.map(({ signal }) => signal).join(', ')}`);
}

/** Waits until the process has ended, at most `milliseconds`. */
export async function endsWithin(known: KnownProcess, milliseconds: number): Promise<boolean> {
  const deadline = Date.now() + milliseconds;
  while (await isRunning(known)) {
    if (Date.now() > deadline) return false;
    await sleep(interval);
  }
  return true;
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // ESRCH: it ended between the look and the signal.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function isSignallable(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Clock ticks since the machine started, and which start of the machine that was. */
async function linuxIdentity(pid: number): Promise<string | null> {
  const stat = await readIfThere(`/proc/${pid}/stat`);
  if (!stat) return null;
  // The name in parentheses may hold anything, so the fields count from the last one: state is field 3, starttime 22.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return null;
  const boot = await readIfThere('/proc/sys/kernel/random/boot_id');
  return `${boot?.trim() ?? ''} ${fields[19] ?? ''}`;
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    return null;
  }
}

async function psField(pid: number, field: string): Promise<string | null> {
  try {
    const { stdout } = await run('ps', ['-o', 'stat=', '-o', `${field}=`, '-p', String(pid)]);
    const [, state, value] = /^\s*(\S+)\s+(.*\S)\s*$/.exec(stdout) ?? [];
    return state === undefined || state.startsWith('Z') ? null : (value ?? null);
  } catch {
    // ps fails where it finds no such process.
    return null;
  }
}
