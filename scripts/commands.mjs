/** Commands of the scripts: each in a process group of its own, all ended where this process is told to end. */
import { spawn } from 'node:child_process';
import { appendFileSync, closeSync, openSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { endTree } from './process-tree.mjs';

const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const running = new Set();
let ending = false;

async function endAll(signal) {
  if (ending) return;
  ending = true;
  if (process.stderr.isTTY) process.stderr.write('\n');
  console.error('Stopping ...');
  await Promise.all([...running].map((child) => endTree(child.pid)));
  process.exit(128 + constants.signals[signal]);
}

/** From now on, Ctrl-C, a closed terminal and SIGTERM end this process and whatever it started. */
function endOnSignals() {
  for (const signal of endingSignals) process.on(signal, endAll);
}

/**
 * npm starts a script through a shell, and a signal that ends npm may end that shell and not the script: it would go on as an
 * orphan. So it ends when its parent is gone.
 */
function endWithNpm() {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM');
  }, 500).unref();
}

/** From now on somebody else listens for these signals. */
export function leaveSignalsAlone() {
  for (const signal of endingSignals) process.off(signal, endAll);
}

/** Runs a command with its output on this terminal; its exit status. */
export function runHere(command, args, options) {
  return start(command, args, { ...options, stdio: ['ignore', 'inherit', 'inherit'] });
}

/** Runs a command with its output in a log and a progress line here. Throws with what it printed where it fails. */
export async function runQuietly(label, command, args, { log, ...options }) {
  const begun = Date.now();
  const seconds = () => `${((Date.now() - begun) / 1000).toFixed(0)} s`;
  const terminal = process.stderr.isTTY;
  const show = (text, end) => process.stderr.write(terminal ? `\r\x1b[2K${text}${end}` : `${text}\n`);
  show(`${label} ...`, '');
  const timer = terminal ? setInterval(() => show(`${label} ... ${seconds()}`, ''), 1000) : null;
  appendFileSync(log, `\n$ ${command} ${args.join(' ')}\n`);
  const output = openSync(log, 'a');
  try {
    const status = await start(command, args, { ...options, stdio: ['ignore', output, output] });
    if (status !== 0)
      throw new CommandError(`${label} failed (status ${status}):\n${excerpt(log)}\n(all of it: ${log})`);
    show(`${label}: done in ${seconds()}`, '\n');
  } catch (error) {
    if (terminal) show('', '');
    throw error;
  } finally {
    if (timer) clearInterval(timer);
    closeSync(output);
  }
}

/** What an operator can act on: shown without a stack. */
export class CommandError extends Error {}

/** What every script does around its work: it ends when it is told to, and says in a line what an operator can mend. */
export async function runScript(work) {
  endOnSignals();
  endWithNpm();
  try {
    await work();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}

function start(command, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, detached: true });
    child.once('error', (error) => reject(new CommandError(`${command} could not be run: ${error.message}`)));
    if (child.pid === undefined) return;
    running.add(child);
    child.once('exit', (code, signal) => {
      running.delete(child);
      // While ending, this process leaves by its own exit.
      if (!ending) resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}

/** A long log by its beginning, where npm says what is wrong, and its end, where everything else does. */
function excerpt(log) {
  const lines = readFileSync(log, 'utf8').trim().split('\n');
  return lines.length <= 50 ? lines.join('\n') : [...lines.slice(0, 25), '...', ...lines.slice(-25)].join('\n');
}
