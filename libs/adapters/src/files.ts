/**
 * The files that trainers and the aggregator exchange, as safetensors with float32 tensors:
 *
 * | file | tensors of each module | metadata |
 * | --- | --- | --- |
 * | pool | `shared_A`, `shared_B`, `token_proj`, `expert.<i>.A`, `expert.<i>.B` | experts, r, alpha, topK, base_model |
 * | adapter | `shared_A`, `shared_B`, `token_proj`, `A.<j>`, `B.<j>` (j-th held expert) | the same, and the held experts' ids |
 * | embeddings | `mean_token_embedding` [r], `mean_expert_embeddings` [held, r] | |
 * | scores | `scores` [experts, clients] of reverse selection, in float64 | clients |
 *
 * A tensor's name is `<module>.<name>`.
 */
import type { AdaptedLinear, Expert, ExpertPool, HeldModule, HeldModules } from '@fedamole/mole';
import {
  float32Tensor,
  float64Tensor,
  printable,
  readSafetensors,
  readTensors,
  shown,
  toFloat64,
  writeSafetensors,
  type SafetensorsContents,
  type SafetensorsHeader,
  type Tensor,
} from '@fedamole/safetensors';
import { adapterShapes, embeddingShapes, type Held } from './client-shapes.js';
import { AdapterFileError, requireNoOther, takeTensor } from './take-tensor.js';

export interface AdapterMetadata {
  readonly rank: number;
  readonly alpha: number;
  readonly topK: number;
  /** SHA-256 of the base model's folder. */
  readonly baseModel: string;
}

export interface ClientEmbeddings {
  /** [rank] */
  readonly token: Float32Array;
  /** One [rank] a held expert. */
  readonly experts: readonly Float32Array[];
}

export function encodePool(modules: readonly AdaptedLinear[], pool: ExpertPool, metadata: AdapterMetadata): Uint8Array {
  const tensors = new Map<string, Tensor>();
  for (const module of modules) {
    const { experts, shared, tokenProjection } = found(pool, module.name);
    putExpert(tensors, module, metadata.rank, 'shared_A', 'shared_B', shared);
    tensors.set(`${module.name}.token_proj`, float32Tensor([metadata.rank, module.inputWidth], tokenProjection));
    experts.forEach((expert, index) =>
      putExpert(tensors, module, metadata.rank, `expert.${index}.A`, `expert.${index}.B`, expert),
    );
  }
  const experts = found(pool, (modules[0] as AdaptedLinear).name).experts.length;
  return writeSafetensors(tensors, { ...adapterMetadata(metadata), experts: String(experts) });
}

/** Reads a pool; throws where a tensor is missing, of another shape or not finite, or the number of experts is another. */
export function decodePool(
  bytes: Uint8Array,
  modules: readonly AdaptedLinear[],
  settings: { rank: number; experts: number },
): ExpertPool {
  const contents = readSafetensors(bytes);
  const pool: ExpertPool = new Map(
    modules.map((module) => {
      const experts = Array.from({ length: settings.experts }, (_, index) =>
        takeExpert(contents, module, settings.rank, `expert.${index}.A`, `expert.${index}.B`),
      );
      return [module.name, { ...takeCommon(contents, module, settings.rank), experts }];
    }),
  );
  const count = contents.metadata['experts'];
  if (count !== String(settings.experts))
    throw new AdapterFileError(`the file has ${count} experts; expected ${settings.experts}`);
  return pool;
}

export function encodeAdapter(
  modules: readonly AdaptedLinear[],
  held: HeldModules,
  metadata: AdapterMetadata,
): Uint8Array {
  const tensors = new Map<string, Tensor>();
  const ids: Record<string, readonly number[]> = {};
  for (const module of modules) {
    const { experts, shared, tokenProjection, held: indices } = found(held, module.name);
    ids[module.name] = indices;
    putExpert(tensors, module, metadata.rank, 'shared_A', 'shared_B', shared);
    tensors.set(`${module.name}.token_proj`, float32Tensor([metadata.rank, module.inputWidth], tokenProjection));
    experts.forEach((expert, index) => putExpert(tensors, module, metadata.rank, `A.${index}`, `B.${index}`, expert));
  }
  return writeSafetensors(tensors, { ...adapterMetadata(metadata), experts: JSON.stringify(ids) });
}

/** Reads a client's adapter; throws where tensors are missing, others or of other shapes, are no finite numbers, or the experts are others. */
export function decodeAdapter(
  bytes: Uint8Array,
  modules: readonly AdaptedLinear[],
  held: Held,
  rank: number,
): HeldModules {
  return takeAdapter(readSafetensors(bytes), modules, held, rank);
}

export function takeAdapter(
  contents: SafetensorsContents,
  modules: readonly AdaptedLinear[],
  held: Held,
  rank: number,
): HeldModules {
  requireHeld(contents, modules, held);
  requireNoOther(contents, adapterShapes(modules, held, rank));
  return new Map(
    modules.map((module) => {
      return [module.name, takeHeldModule(contents, module, held[module.name] ?? [], rank)];
    }),
  );
}

/**
 * Reads one module of a client's adapter from its file, whose header was read and whose contents were checked before, by
 * `contributedAdapter`: so that merging holds one module of every client at a time.
 */
export async function readHeldModule(
  header: SafetensorsHeader,
  module: AdaptedLinear,
  held: readonly number[],
  rank: number,
): Promise<HeldModule> {
  const names = ['shared_A', 'shared_B', 'token_proj', ...held.flatMap((_, index) => [`A.${index}`, `B.${index}`])];
  const tensors = await readTensors(
    header,
    names.map((name) => `${module.name}.${name}`),
  );
  return takeHeldModule({ tensors, metadata: header.metadata }, module, held, rank);
}

function takeHeldModule(
  contents: SafetensorsContents,
  module: AdaptedLinear,
  held: readonly number[],
  rank: number,
): HeldModule {
  const experts = held.map((_, index) => takeExpert(contents, module, rank, `A.${index}`, `B.${index}`));
  return { ...takeCommon(contents, module, rank), experts, held };
}

/** An adapter's tensors are numbered by position: its metadata say which experts these are. */
function requireHeld(contents: SafetensorsContents, modules: readonly AdaptedLinear[], held: Held): void {
  const ids = heldIds(contents);
  const strange = Object.keys(ids).find((name) => !modules.some((module) => module.name === name));
  if (strange !== undefined) {
    throw new AdapterFileError(`the file holds experts of ${shown(strange)}, which is no adapted module`);
  }
  for (const { name } of modules) {
    const expected = held[name]?.join(', ');
    if (expected === undefined) throw new Error(`no experts are assigned of module ${name}`);
    const found = Object.hasOwn(ids, name) ? String(ids[name]?.join(', ')) : 'undefined';
    if (found === expected) continue;
    throw new AdapterFileError(
      `the file holds experts ${printable(found, 200)} of ${name}; expected ${printable(expected, 200)}`,
    );
  }
}

/** The expert indices that an adapter's metadata name, by module. */
function heldIds({ metadata }: SafetensorsContents): Held {
  const text = metadata['experts'];
  const ids = parsedJson(text ?? '');
  if (isHeld(ids)) return ids;
  throw new AdapterFileError(
    `metadata "experts" is ${text === undefined ? 'missing' : printable(text, 200)}; expected expert indices per module`,
  );
}

/** Undefined where the text is no JSON. */
function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isHeld = (value: unknown): value is Held =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).every((ids) => Array.isArray(ids) && ids.every((id) => typeof id === 'number'));

export function encodeEmbeddings(embeddings: ReadonlyMap<string, ClientEmbeddings>): Uint8Array {
  const tensors = new Map<string, Tensor>();
  for (const [module, { token, experts }] of embeddings) {
    tensors.set(`${module}.mean_token_embedding`, float32Tensor([token.length], token));
    const stacked = new Float32Array(experts.length * token.length);
    experts.forEach((expert, index) => stacked.set(expert, index * token.length));
    tensors.set(`${module}.mean_expert_embeddings`, float32Tensor([experts.length, token.length], stacked));
  }
  return writeSafetensors(tensors);
}

export function decodeEmbeddings(bytes: Uint8Array, held: Held, rank: number): ReadonlyMap<string, ClientEmbeddings> {
  return takeEmbeddings(readSafetensors(bytes), held, rank);
}

export function takeEmbeddings(
  contents: SafetensorsContents,
  held: Held,
  rank: number,
): ReadonlyMap<string, ClientEmbeddings> {
  requireNoOther(contents, embeddingShapes(held, rank));
  return new Map(
    Object.entries(held).map(([module, indices]) => {
      const stacked = takeTensor(contents, `${module}.mean_expert_embeddings`, [indices.length, rank]);
      const experts = indices.map((_, index) => stacked.slice(index * rank, (index + 1) * rank));
      return [module, { token: takeTensor(contents, `${module}.mean_token_embedding`, [rank]), experts }];
    }),
  );
}

/** Scores [experts][clients] of each module. */
export function encodeScores(
  scores: ReadonlyMap<string, readonly (readonly number[])[]>,
  clients: readonly string[],
): Uint8Array {
  const tensors = new Map<string, Tensor>();
  for (const [module, rows] of scores) {
    tensors.set(`${module}.scores`, float64Tensor([rows.length, clients.length], Float64Array.from(rows.flat())));
  }
  return writeSafetensors(tensors, { clients: JSON.stringify(clients) });
}

/** Scores [experts][clients] of each of `modules`, and the clients in their order. Throws where the file holds something else. */
export function decodeScores(
  bytes: Uint8Array,
  modules: readonly string[],
  experts: number,
): { clients: readonly string[]; scores: ReadonlyMap<string, readonly Float64Array[]> } {
  const contents = readSafetensors(bytes);
  const clients = parsedJson(contents.metadata['clients'] ?? '');
  if (!isNames(clients)) throw new AdapterFileError('metadata "clients" is missing; expected names of clients');
  const rowsOf = (module: string): Float64Array[] => {
    const tensor = contents.tensors.get(`${module}.scores`);
    const shape = tensor?.shape.join(', ');
    if (tensor?.dtype !== 'F64' || shape !== `${experts}, ${clients.length}`) {
      throw new AdapterFileError(
        `tensor ${module}.scores is ${tensor ? `${tensor.dtype} [${shape}]` : 'missing'}; expected F64 [${experts}, ${clients.length}]`,
      );
    }
    const values = toFloat64(tensor);
    return Array.from({ length: experts }, (_, expert) =>
      values.subarray(expert * clients.length, (expert + 1) * clients.length),
    );
  };
  return { clients, scores: new Map(modules.map((module) => [module, rowsOf(module)])) };
}

const isNames = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((name) => typeof name === 'string');

export const adapterMetadata = ({ rank, alpha, topK, baseModel }: AdapterMetadata): Record<string, string> => ({
  format: 'fedamole',
  r: String(rank),
  alpha: String(alpha),
  topK: String(topK),
  base_model: baseModel,
});

function putExpert(
  tensors: Map<string, Tensor>,
  module: AdaptedLinear,
  rank: number,
  a: string,
  b: string,
  expert: Expert,
): void {
  tensors.set(`${module.name}.${a}`, float32Tensor([rank, module.inputWidth], expert.a));
  tensors.set(`${module.name}.${b}`, float32Tensor([module.outputWidth, rank], expert.b));
}

function takeExpert(contents: SafetensorsContents, module: AdaptedLinear, rank: number, a: string, b: string): Expert {
  return {
    a: takeTensor(contents, `${module.name}.${a}`, [rank, module.inputWidth]),
    b: takeTensor(contents, `${module.name}.${b}`, [module.outputWidth, rank]),
  };
}

function takeCommon(contents: SafetensorsContents, module: AdaptedLinear, rank: number) {
  return {
    shared: takeExpert(contents, module, rank, 'shared_A', 'shared_B'),
    tokenProjection: takeTensor(contents, `${module.name}.token_proj`, [rank, module.inputWidth]),
  };
}

function found<T>(modules: ReadonlyMap<string, T>, name: string): T {
  const module = modules.get(name);
  if (module === undefined) throw new Error(`module ${name} is missing`);
  return module;
}
