/** Clusters that were told to outlive the quickstart that started them: each has a folder below `.fedamole`. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** State folders that hold a kept cluster of which something still runs. */
export function runningKeptClusters(root) {
  const folder = join(root, '.fedamole');
  if (!existsSync(folder)) return [];
  const candidates = [folder, ...readdirSync(folder).map((name) => join(folder, name))];
  return candidates.filter((candidate) => {
    const file = join(candidate, 'cluster.json');
    if (!existsSync(file)) return false;
    const { kept, services } = JSON.parse(readFileSync(file, 'utf8'));
    return kept && services.some(({ process: { pid } }) => runs(pid));
  });
}

function runs(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
