/** A client's examples: read, tokenised and split once for all rounds. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  DatasetError,
  loadExamples,
  splitExamples,
  tokenizeExample,
  type Example,
  type Splits,
  type TokenizedExample,
  type Tokenizer,
} from '@fedamole/datasets';
import type { FederationConfiguration, SplitSizes } from '@fedamole/federation';
import { UnsuitableJobError } from './permanent-errors.js';

export type ClientExample = Example & TokenizedExample;
/** `leftOut`: how many examples are too long. */
export type ClientSplits = Splits<ClientExample> & { readonly leftOut: number };

interface CachedSplits {
  readonly key: string;
  readonly splits: Promise<ClientSplits>;
}

export class ClientDataCache {
  private readonly cached = new Map<string, CachedSplits>();

  /** `paths` are the data folders or files of the clients that this trainer reaches. */
  constructor(private readonly paths: Readonly<Record<string, string>>) {}

  /**
   * Examples that are too long are dropped before the split, which depends on the federation's seed and the client's name.
   * Read again where the data or what they are read with has changed.
   */
  async splits(
    client: string,
    tokenizer: Tokenizer,
    modelDigest: string,
    maxLength: number,
    seed: number,
  ): Promise<ClientSplits> {
    const path = this.paths[client];
    if (path === undefined)
      throw new UnsuitableJobError(`this trainer does not reach the data of client ${client} (TRAINER_CLIENTS)`);
    const key = JSON.stringify([path, await versionOf(path), modelDigest, maxLength, seed]);
    const known = this.cached.get(client);
    if (known?.key === key) return known.splits;
    const splits = read(path, client, tokenizer, maxLength, seed);
    this.cached.set(client, { key, splits });
    splits.catch(() => this.cached.delete(client));
    return splits;
  }
}

/** Changes where a data file does: a folder's own time stays as it is when a file in it is written to. */
async function versionOf(path: string): Promise<readonly unknown[]> {
  const names = await readdir(path).catch(() => []);
  return Promise.all(
    ['', ...names.sort()].map(async (name) => {
      const found = await stat(join(path, name)).catch(() => null);
      return [name, found?.mtimeMs, found?.size];
    }),
  );
}

async function read(
  path: string,
  client: string,
  tokenizer: Tokenizer,
  maxLength: number,
  seed: number,
): Promise<ClientSplits> {
  const examples = await loadExamples(path);
  const tokenized = examples.flatMap((example) => {
    const ids = tokenizeExample(tokenizer, example, maxLength);
    return ids === null ? [] : [{ ...example, ...ids }];
  });
  const leftOut = examples.length - tokenized.length;
  try {
    return { ...splitExamples(tokenized, `${seed}/${client}`), leftOut };
  } catch (error) {
    if (!(error instanceof DatasetError)) throw error;
    throw new DatasetError(
      `${path}: ${error.message} (${leftOut} of ${examples.length} were dropped: longer than ${maxLength} tokens)`,
    );
  }
}

export function splitSizes({ train, embedding, validation, test }: ClientSplits): SplitSizes {
  return { train: train.length, embedding: embedding.length, validation: validation.length, test: test.length };
}

/** The longest example that both the federation and the base model allow, in tokens. */
export function longestExample({ maxLength }: FederationConfiguration, maxPositions: number): number {
  return Math.min(maxLength, maxPositions);
}
