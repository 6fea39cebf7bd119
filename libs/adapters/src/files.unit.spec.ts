import { describe, expect, it } from '@jest/globals';
import type { AdaptedLinear, Expert, ExpertPool, HeldModules } from '@fedamole/mole';
import { readSafetensors, SafetensorsError, toFloat64, writeSafetensors, type Tensor } from '@fedamole/safetensors';
import {
  decodeAdapter,
  decodeEmbeddings,
  decodePool,
  decodeScores,
  encodeAdapter,
  encodeEmbeddings,
  encodePool,
  encodeScores,
} from './files.js';
import { AdapterFileError } from './take-tensor.js';

const rank = 2;
const query: AdaptedLinear = { name: 'layers.0.q_proj', inputWidth: 4, outputWidth: 4 };
const value: AdaptedLinear = { name: 'layers.0.v_proj', inputWidth: 4, outputWidth: 3 };
const modules = [query, value];
const metadata = { rank, alpha: 16, topK: 2, baseModel: 'b'.repeat(64) };

let drawn = 0;
/** Never the same number twice, so that tensors that changed places show. */
const distinct = (length: number): Float32Array =>
  Float32Array.from({ length }, () => {
    drawn += 1;
    return drawn / 8;
  });
const expert = ({ inputWidth, outputWidth }: AdaptedLinear): Expert => ({
  a: distinct(rank * inputWidth),
  b: distinct(outputWidth * rank),
});
const common = (module: AdaptedLinear) => ({
  shared: expert(module),
  tokenProjection: distinct(rank * module.inputWidth),
});

const pool: ExpertPool = new Map(
  modules.map((module) => [module.name, { ...common(module), experts: [1, 2, 3].map(() => expert(module)) }]),
);
const held = { [query.name]: [0, 2, 5], [value.name]: [1, 4] };
const adapter: HeldModules = new Map(
  modules.map((module) => {
    const indices = held[module.name] as number[];
    return [module.name, { ...common(module), held: indices, experts: indices.map(() => expert(module)) }];
  }),
);
const embeddings = new Map(
  Object.entries(held).map(([module, indices]) => [
    module,
    { token: distinct(rank), experts: indices.map(() => distinct(rank)) },
  ]),
);

/** The same file after `change` was applied to its tensors. */
function changed(bytes: Uint8Array, change: (tensors: Map<string, Tensor>) => void): Uint8Array {
  const contents = readSafetensors(bytes);
  change(contents.tensors);
  return writeSafetensors(contents.tensors, contents.metadata);
}

describe('a pool file', () => {
  const bytes = encodePool(modules, pool, metadata);

  it('gives back what was written', () => {
    expect(decodePool(bytes, modules, { rank, experts: 3 })).toEqual(pool);
  });

  it('says what it is a pool of', () => {
    expect(readSafetensors(bytes).metadata).toEqual({
      format: 'fedamole',
      r: '2',
      alpha: '16',
      topK: '2',
      base_model: 'b'.repeat(64),
      experts: '3',
    });
  });

  it('names its tensors by module and expert', () => {
    const names = [...readSafetensors(bytes).tensors.keys()].filter((name) => name.startsWith(query.name));
    expect(names.map((name) => name.slice(query.name.length + 1)).sort()).toEqual(
      ['shared_A', 'shared_B', 'token_proj', ...[0, 1, 2].flatMap((i) => [`expert.${i}.A`, `expert.${i}.B`])].sort(),
    );
  });

  it('is the same, byte by byte, whatever the order of the modules', () => {
    const turned = encodePool([value, query], new Map([...pool].reverse()), metadata);
    expect(Buffer.compare(turned, bytes)).toBe(0);
  });

  it('is refused where it has fewer experts than asked for', () => {
    const read = (): unknown => decodePool(bytes, modules, { rank, experts: 4 });
    expect(read).toThrow(AdapterFileError);
    expect(read).toThrow('tensor layers.0.q_proj.expert.3.A is missing');
  });

  it('is refused where it has more experts than asked for', () => {
    expect(() => decodePool(bytes, modules, { rank, experts: 2 })).toThrow('the file has 3 experts; expected 2');
  });

  it('is not written without a module', () => {
    expect(() => encodePool([...modules, { ...value, name: 'layers.1.v_proj' }], pool, metadata)).toThrow(
      'module layers.1.v_proj is missing',
    );
  });
});

describe('an adapter file', () => {
  const bytes = encodeAdapter(modules, adapter, metadata);

  it('gives back what was written, with another number of experts of each module', () => {
    expect(decodeAdapter(bytes, modules, held, rank)).toEqual(adapter);
  });

  it('says which experts it holds, of which base model, at which rank, alpha and top k', () => {
    const { experts, ...others } = readSafetensors(bytes).metadata;
    expect(JSON.parse(experts ?? '')).toEqual(held);
    expect(others).toEqual({ format: 'fedamole', r: '2', alpha: '16', topK: '2', base_model: 'b'.repeat(64) });
  });

  it('is the same, byte by byte, when written again', () => {
    expect(Buffer.compare(encodeAdapter(modules, adapter, metadata), bytes)).toBe(0);
  });

  const name = 'layers.0.v_proj.B.1';
  const refusals: readonly [what: string, change: (tensors: Map<string, Tensor>) => void, message: string][] = [
    ['without a tensor', (tensors) => tensors.delete(name), `tensor ${name} is missing`],
    [
      'with a tensor of another shape',
      (tensors) => tensors.set(name, { ...(tensors.get(name) as Tensor), shape: [2, 3] }),
      `tensor ${name} is F32 [2, 3]; expected F32 [3, 2]`,
    ],
    [
      'with a tensor of another type',
      (tensors) => tensors.set(name, { dtype: 'BF16', shape: [3, 2], bytes: new Uint8Array(12) }),
      `tensor ${name} is BF16 [3, 2]; expected F32 [3, 2]`,
    ],
    [
      'with NaN',
      (tensors) =>
        new DataView((tensors.get(name) as Tensor).bytes.buffer).setFloat32(
          (tensors.get(name) as Tensor).bytes.byteOffset + 8,
          NaN,
          true,
        ),
      `tensor ${name} holds NaN at element 2`,
    ],
    [
      'with infinity',
      (tensors) =>
        new DataView((tensors.get(name) as Tensor).bytes.buffer).setFloat32(
          (tensors.get(name) as Tensor).bytes.byteOffset,
          -Infinity,
          true,
        ),
      `tensor ${name} holds -Infinity at element 0`,
    ],
  ];

  it.each(refusals)('is refused %s, by name', (_what, change, message) => {
    const wrong = changed(bytes.slice(), change);
    const read = (): unknown => decodeAdapter(wrong, modules, held, rank);
    expect(read).toThrow(AdapterFileError);
    expect(read).toThrow(message);
  });

  it('is refused where its ranks are not the asked for', () => {
    expect(() => decodeAdapter(bytes, modules, held, 4)).toThrow(
      'tensor layers.0.q_proj.A.0 is F32 [2, 4]; expected F32 [4, 4]',
    );
  });

  it("is refused where it holds other experts than the client's", () => {
    const read = (other: Record<string, number[]>) => (): unknown => decodeAdapter(bytes, modules, other, rank);
    expect(read({ ...held, [value.name]: [1, 5] })).toThrow(
      'the file holds experts 1, 4 of layers.0.v_proj; expected 1, 5',
    );
    expect(read({ ...held, [value.name]: [1] })).toThrow('the file holds experts 1, 4 of layers.0.v_proj; expected 1');
    expect(read({ [query.name]: [0, 2, 5] })).toThrow('no experts are assigned of module layers.0.v_proj');
  });

  it('is refused where it does not say which experts it holds', () => {
    const { tensors } = readSafetensors(bytes);
    const read = (experts: string) => (): unknown =>
      decodeAdapter(writeSafetensors(tensors, { experts }), modules, held, rank);
    expect(() => decodeAdapter(writeSafetensors(tensors), modules, held, rank)).toThrow(
      'metadata "experts" is missing; expected expert indices per module',
    );
    for (const wrong of ['3', '{"layers.0.q_proj":"0"}', '{']) {
      expect(read(wrong)).toThrow(`metadata "experts" is ${wrong}; expected expert indices per module`);
    }
  });

  it('is refused where it is no safetensors file, or cut short', () => {
    expect(() => decodeAdapter(new TextEncoder().encode('not tensors'), modules, held, rank)).toThrow(SafetensorsError);
    expect(() => decodeAdapter(bytes.subarray(0, bytes.length - 1), modules, held, rank)).toThrow(SafetensorsError);
  });
});

describe('an embeddings file', () => {
  const bytes = encodeEmbeddings(embeddings);

  it('gives back what was written', () => {
    expect(decodeEmbeddings(bytes, held, rank)).toEqual(embeddings);
  });

  it('is refused by name where a module is missing, or has another number of experts', () => {
    expect(() => decodeEmbeddings(bytes, { ...held, other: [0] }, rank)).toThrow(
      'tensor other.mean_expert_embeddings is missing',
    );
    expect(() => decodeEmbeddings(bytes, { ...held, [value.name]: [1] }, rank)).toThrow(
      'tensor layers.0.v_proj.mean_expert_embeddings is F32 [2, 2]; expected F32 [1, 2]',
    );
  });

  it('is refused where it holds NaN', () => {
    const wrong = encodeEmbeddings(new Map([['m', { token: Float32Array.of(1, NaN), experts: [] }]]));
    expect(() => decodeEmbeddings(wrong, { m: [] }, 2)).toThrow('tensor m.mean_token_embedding holds NaN at element 1');
  });
});

describe('a scores file', () => {
  it("keeps every bit of the scores, and the clients' names in the columns' order", () => {
    const rows = [
      [1 / 3, 2 / 3],
      [0.1, 0.9],
      [Math.PI, 1e-300],
    ];
    const bytes = encodeScores(new Map([['m', rows]]), ['b', 'a']);
    const { tensors, metadata: described } = readSafetensors(bytes);
    const scores = tensors.get('m.scores');
    expect(scores?.shape).toEqual([3, 2]);
    expect([...toFloat64(scores as Tensor)]).toEqual(rows.flat());
    expect(described).toEqual({ clients: '["b","a"]' });
    const decoded = decodeScores(bytes, ['m'], 3);
    expect(decoded.clients).toEqual(['b', 'a']);
    expect(decoded.scores.get('m')?.map((row) => [...row])).toEqual(rows);
  });

  it('is refused where it holds other modules or another number of experts', () => {
    const bytes = encodeScores(new Map([['m', [[1, 0]]]]), ['b', 'a']);
    expect(() => decodeScores(bytes, ['n'], 1)).toThrow('tensor n.scores is missing; expected F64 [1, 2]');
    expect(() => decodeScores(bytes, ['m'], 2)).toThrow('tensor m.scores is F64 [1, 2]; expected F64 [2, 2]');
    const nameless = writeSafetensors(readSafetensors(bytes).tensors);
    expect(() => decodeScores(nameless, ['m'], 1)).toThrow('metadata "clients" is missing');
  });
});
