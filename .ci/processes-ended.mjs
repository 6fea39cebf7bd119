/** Checks that no process of a cluster runs any more, given the cluster.json that it had. */
import { readFileSync } from 'node:fs';
import { isRunning } from '../libs/cluster/dist/index.js';

const { services, postgres, queue } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const parts = [...services, { name: 'postgres', ...postgres }, { name: 'queue', ...queue }];
for (const { name, process: known } of parts) {
  if (known === null) continue;
  const left = await isRunning(known);
  console.log(`${name}, process ${known.pid}: ${left ? 'STILL RUNS' : 'has ended'}`);
  if (left) process.exitCode = 1;
}
