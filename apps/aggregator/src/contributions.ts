/**
 * The clients' artifacts, looked at before any is merged. Clients' trainers are run by others: what they stored is evidence, not
 * fact. A file that is not what the client was asked for costs that client the round, and nobody else (docs/artifacts.md).
 */
import {
  AdapterFileError,
  contributedAdapter,
  contributedEmbeddings,
  type ContributedFile,
  type ExpectedContribution,
} from '@fedamole/adapters';
import {
  CorruptArtifactError,
  MisplacedArtifactError,
  MissingArtifactError,
  OversizedArtifactError,
  type ArtifactStore,
} from '@fedamole/artifacts';
import type { RefusedContribution } from '@fedamole/federation';
import { printable } from '@fedamole/safetensors';
import { heldBy, inOrder, needsEmbeddings, type AggregateJob, type ClientResult } from './aggregate-job.js';

/** Characters that an event takes of a reason. */
const LONGEST_REASON = 2000;

const clientsFault = [
  AdapterFileError,
  CorruptArtifactError,
  MisplacedArtifactError,
  MissingArtifactError,
  OversizedArtifactError,
];

/**
 * Every client whose artifacts cannot be merged, by name, with the first reason; none where all can. One client's files are
 * held in memory at a time.
 *
 * @throws where the store cannot be read: that is no client's fault, and trying again may help
 */
export async function refusedContributions(
  job: AggregateJob,
  artifacts: ArtifactStore,
): Promise<RefusedContribution[]> {
  // a store that lost the round's own pool is at fault itself, and would have every client refused
  await artifacts.size(job.pool);
  const refused: RefusedContribution[] = [];
  for (const result of inOrder(job.results)) {
    const refusal = await refusalOf(job, result, artifacts);
    if (refusal !== null) refused.push({ client: result.client, ...refusal });
  }
  return refused;
}

type Refusal = Omit<RefusedContribution, 'client'>;

async function refusalOf(
  job: AggregateJob,
  { client, adapter, embeddings }: ClientResult,
  artifacts: ArtifactStore,
): Promise<Refusal | null> {
  const expected: ExpectedContribution = {
    client,
    round: job.round,
    modules: job.modules,
    held: heldBy(job, client),
    settings: { ...job.configuration, baseModel: job.baseModel.digest },
  };
  const ofAdapter = await refusalOfFile(adapter, contributedAdapter(expected), artifacts);
  if (ofAdapter !== null) return ofAdapter;
  if (embeddings !== null) return refusalOfFile(embeddings, contributedEmbeddings(expected), artifacts);
  if (!needsEmbeddings(job)) return null;
  return { artifact: adapter, reason: `no embeddings came with it, and round ${job.round} assigns experts by them` };
}

async function refusalOfFile(
  artifact: string,
  file: ContributedFile<unknown>,
  artifacts: ArtifactStore,
): Promise<Refusal | null> {
  try {
    file.decode(await artifacts.get(artifact, file.maximumBytes));
    return null;
  } catch (error) {
    if (!(error instanceof Error && clientsFault.some((kind) => error instanceof kind))) throw error;
    return { artifact, reason: printable(error.message, LONGEST_REASON) };
  }
}
