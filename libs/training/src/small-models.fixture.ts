/** Engines, parameters and sequences for tests: the fixtures' two-layer Llama, and the quickstart's model. */
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { readModel, type Model } from '@fedamole/base-models';
import { holdExperts, initialisePool, stackParameters, type ExpertPool, type Parameters } from '@fedamole/mole';
import { seededRandom } from '@fedamole/seeded-random';
import type { AdapterKind } from './adapter-kind.js';
import type { Batch, Sequence } from './batch.js';
import type { Engine } from './engine.js';

const folder = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
export const llamaFolder = folder('fixtures/families/llama');
/** Random weights, 199 tokens, 64 positions, four modules. */
export const tinyModel = (): Promise<Model> => readModel(folder('fixtures/mole/model'));
/** 4,096 tokens, 512 positions, twelve modules, bfloat16. */
export const quickstartModel = (): Promise<Model> => readModel(folder('examples/quickstart/model'));

export const rank = 4;
export const mole: AdapterKind = { kind: 'mole', rank, alpha: 8, topK: 2 };
export const padTokenId = 0;

const POOL_EXPERTS = 8;

/** A pool of 8 experts a module as after some training: B is not zero. */
function trainedPool({ modules }: Model, seed: string): ExpertPool {
  const pool = initialisePool(modules, { rank, experts: POOL_EXPERTS }, (module) => seededRandom(seed, module));
  for (const [module, { experts, shared }] of pool) {
    const random = seededRandom(seed, module, 'b');
    for (const { b } of [shared, ...experts]) b.forEach((_, index) => (b[index] = (2 * random() - 1) * 0.2));
  }
  return pool;
}

/** What a client holds: `counts` experts of the modules, by turns where there are more modules than counts. */
export function drawnParameters(model: Model, counts: readonly number[], seed = 'parameters'): Parameters {
  const held = Object.fromEntries(
    model.modules.map(({ name }, module) => {
      const count = counts[module % counts.length] as number;
      return [name, Array.from({ length: count }, (_, index) => (index + module) % POOL_EXPERTS)];
    }),
  );
  return stackParameters(model.modules, holdExperts(trainedPool(model, seed), held), rank);
}

/** A client's parameters as its first round begins: every B is zero. */
export function firstParameters({ modules }: Model, count: number): Parameters {
  const pool = initialisePool(modules, { rank, experts: count }, (module) => seededRandom('first', module));
  const all = Array.from({ length: count }, (_, index) => index);
  const held = Object.fromEntries(modules.map(({ name }) => [name, all]));
  return stackParameters(modules, holdExperts(pool, held), rank);
}

/** Sequences of random tokens, one a length; the prompt is the first half. */
export function drawnSequences({ decoder }: Model, lengths: readonly number[], seed = 'sequences'): Sequence[] {
  const random = seededRandom(seed);
  const token = (): number => 3 + Math.floor(random() * (decoder.vocabularySize - 3));
  return lengths.map((length) => ({ ids: Array.from({ length }, token), promptLength: Math.ceil(length / 2) }));
}

/** Logits of every position of a batch [rows * time, vocabulary]. */
export async function allLogits(engine: Engine, parameters: Parameters, batch: Batch): Promise<Float32Array> {
  const { rows, time, inputIds, positions, lengths } = batch;
  const selected = BigInt64Array.from({ length: rows * time }, (_, position) => BigInt(position));
  const input = { rows, time, inputIds, positions, lengths, selected };
  return (await engine.decode(parameters, input, null)).logits;
}

/** The largest distance between two vectors' elements. */
export function distance(left: ArrayLike<number>, right: ArrayLike<number>): number {
  if (left.length !== right.length) return Infinity;
  return Array.from(left).reduce(
    (worst, element, index) => Math.max(worst, Math.abs(element - (right[index] as number))),
    0,
  );
}

/** The SHA-256 of vectors' bytes: equal where every bit is. */
export function bitsOf(vectors: readonly Float32Array[]): string {
  const hash = createHash('sha256');
  for (const vector of vectors) hash.update(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength));
  return hash.digest('hex');
}
