/** Stops kept clusters without preparing anything: all that run below `.fedamole`, or those of the state folders given. */
import { Cluster } from '../libs/cluster/dist/index.js';
import { runningKeptClusters } from './kept-clusters.mjs';
import { root } from './prepare.mjs';

const folders = process.argv.length > 2 ? process.argv.slice(2) : runningKeptClusters(root);
for (const folder of folders) {
  console.log((await Cluster.stopKept(folder)) ? `Stopped ${folder}` : `No cluster was kept in ${folder}`);
}
if (folders.length === 0) console.log('No kept cluster runs.');
