/** Clusters that were told to outlive the quickstart that started them: each has a folder below `.fedamole`. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** State folders that say what runs, or ran when it was killed. */
export function clusterFolders(root) {
  const folder = join(root, '.fedamole');
  if (!existsSync(folder)) return [];
  const candidates = [folder, ...readdirSync(folder).map((name) => join(folder, name))];
  return candidates.filter((candidate) => existsSync(join(candidate, 'cluster.json')));
}

/** Those of a kept cluster of which something still runs. */
export function runningKeptClusters(root) {
  return clusterFolders(root).filter((folder) => {
    const { kept, services } = JSON.parse(readFileSync(join(folder, 'cluster.json'), 'utf8'));
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
