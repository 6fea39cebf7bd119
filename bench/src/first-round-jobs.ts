/** Jobs of a federation's first round at the quickstart's clients, for trainers without a platform around them. */
import { join } from 'node:path';
import { encodePool } from '@fedamole/adapters';
import { ArtifactStore, folderDigest } from '@fedamole/artifacts';
import { readModel, type Model } from '@fedamole/base-models';
import { federationConfiguration, resolveConfiguration, type FederationConfigurationInput } from '@fedamole/federation';
import { initialisePool } from '@fedamole/mole';
import { trainingJob, type TrainingJob } from '@fedamole/queues';
import { seededRandom } from '@fedamole/seeded-random';
import { alpha, heldExperts, rank, topK } from './adapters.js';
import { quickstart } from './folders.js';

/** Stores a first pool; each client's job of round 1, at the paper's defaults but for `changes`. */
export async function firstRoundJobs(
  store: string,
  clients: number,
  changes: FederationConfigurationInput = {},
): Promise<(client: string) => TrainingJob> {
  const model: Model = await readModel(join(quickstart, 'model'));
  const digest = await folderDigest(model.folder);
  const input = { rank, alpha, topK, learningRate: 0.002, maxNewTokens: 32, seed: 1, ...changes };
  const configuration = resolveConfiguration(federationConfiguration.parse(input), clients);
  const { experts } = configuration;
  const pool = initialisePool(model.modules, { rank, experts }, (module) => seededRandom('pool', module));
  const metadata = { rank, alpha, topK, baseModel: digest };
  const poolDigest = await new ArtifactStore(store).put(encodePool(model.modules, pool, metadata));
  const held = Array.from({ length: heldExperts }, (_, index) => index);
  return (client) =>
    trainingJob.parse({
      kind: 'train',
      federationId: 'bench',
      round: 1,
      attempt: 1,
      configuration,
      client,
      baseModel: { name: 'model', digest },
      pool: poolDigest,
      held: Object.fromEntries(model.modules.map(({ name }) => [name, held])),
      lastRound: false,
    });
}
