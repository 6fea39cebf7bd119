/** Stops kept clusters, and what killed ones left, without preparing anything: all below `.fedamole`, or those given. */
import { Cluster } from '../libs/cluster/dist/index.js';
import { clusterFolders } from './kept-clusters.mjs';
import { root } from './prepare.mjs';

const folders = process.argv.length > 2 ? process.argv.slice(2) : clusterFolders(root);
for (const folder of folders) {
  console.log((await Cluster.stopKept(folder)) ? `Stopped ${folder}` : `Nothing runs in ${folder}`);
}
if (folders.length === 0) console.log('Nothing runs.');
