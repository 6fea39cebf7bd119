/** Ending everything that a child started, also what left its process group. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds that processes have to end by themselves. */
const grace = 8000;

/** Sends SIGTERM to the process and all its descendants, and SIGKILL to those that are still there after a while. */
export async function endTree(pid) {
  const tree = [pid, ...descendants(pid)];
  signalAll(tree, 'SIGTERM');
  for (const deadline = Date.now() + grace; Date.now() < deadline; await sleep(50)) {
    if (!tree.some(isAlive)) return;
  }
  signalAll(tree, 'SIGKILL');
}

function descendants(root) {
  const children = new Map();
  for (const { pid, parent } of allProcesses()) children.set(parent, [...(children.get(parent) ?? []), pid]);
  const found = [];
  for (const next = [root]; next.length > 0;) {
    const below = children.get(next.pop()) ?? [];
    found.push(...below);
    next.push(...below);
  }
  return found;
}

function allProcesses() {
  if (process.platform !== 'linux') {
    const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
    return lines.map((line) => line.trim().split(/\s+/).map(Number)).map(([pid, parent]) => ({ pid, parent }));
  }
  // Containers may lack ps.
  return readdirSync('/proc').flatMap((name) => {
    const fields = /^\d+$/.test(name) ? statFields(name) : null;
    return fields && fields[0] !== 'Z' ? [{ pid: Number(name), parent: Number(fields[1]) }] : [];
  });
}

/** State, parent and so on: what follows the name, which stands in parentheses and may hold anything. */
function statFields(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    // It ended between the listing and the look.
    return null;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || statFields(pid)?.[0] !== 'Z';
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function signalAll(pids, signal) {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (error.code !== 'ESRCH') console.error(`process ${pid} could not be ended: ${error.message}`);
    }
  }
}
