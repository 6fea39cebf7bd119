import { describe, expect, it } from '@jest/globals';
import type { AdaptedLinear, HeldModules } from '@fedamole/mole';
import { float32Tensor, readSafetensors, writeSafetensors, type Tensor } from '@fedamole/safetensors';
import { contributedAdapter, contributedEmbeddings, type ExpectedContribution } from './contribution.js';
import { encodeAdapter, encodeEmbeddings } from './files.js';
import { AdapterFileError, LARGEST_ELEMENT } from './take-tensor.js';

const modules: readonly AdaptedLinear[] = [
  { name: 'layers.0.q_proj', inputWidth: 4, outputWidth: 4 },
  { name: 'layers.0.v_proj', inputWidth: 4, outputWidth: 3 },
];
const held = { 'layers.0.q_proj': [0, 2, 5], 'layers.0.v_proj': [1, 4] };
const settings = { rank: 2, alpha: 16, topK: 2, baseModel: 'b'.repeat(64) };
const expected: ExpectedContribution = { client: 'ana', round: 3, modules, held, settings };

const ones = (length: number): Float32Array => new Float32Array(length).fill(1);
const trained: HeldModules = new Map(
  modules.map(({ name, inputWidth, outputWidth }) => {
    const expert = { a: ones(2 * inputWidth), b: ones(2 * outputWidth) };
    const indices = held[name as keyof typeof held];
    return [
      name,
      { held: indices, experts: indices.map(() => expert), shared: expert, tokenProjection: ones(2 * inputWidth) },
    ];
  }),
);
const adapter = encodeAdapter(modules, trained, settings);
const measured = new Map(
  Object.entries(held).map(([name, indices]) => [name, { token: ones(2), experts: indices.map(() => ones(2)) }]),
);
const embeddings = encodeEmbeddings(measured);

interface Contents {
  tensors: Map<string, Tensor>;
  metadata: Record<string, string>;
}

/** The same file after `change` was applied to what it holds. */
function changed(bytes: Uint8Array, change: (contents: Contents) => unknown): Uint8Array {
  const { tensors, metadata } = readSafetensors(bytes.slice());
  const contents = { tensors, metadata: { ...metadata } };
  change(contents);
  return writeSafetensors(contents.tensors, contents.metadata);
}

function expectRefused(file: { decode(bytes: Uint8Array): unknown }, bytes: Uint8Array, message: string): void {
  const read = (): unknown => file.decode(bytes);
  expect(read).toThrow(AdapterFileError);
  expect(read).toThrow(message);
}

describe("a client's adapter", () => {
  const file = contributedAdapter(expected);

  it('is what the client trained', () => {
    expect(file.decode(adapter)).toEqual(trained);
    expect(adapter.byteLength).toBeLessThan(file.maximumBytes);
  });

  it('may say whose it is, and of which round', () => {
    const told = changed(adapter, ({ metadata }) => Object.assign(metadata, { client: 'ana', round: '3' }));
    expect(file.decode(told)).toEqual(trained);
  });

  const refusals: readonly [what: string, change: (contents: Contents) => unknown, message: string][] = [
    [
      'another tensor beside its own',
      ({ tensors }) => tensors.set('layers.0.q_proj.A.3', float32Tensor([1], ones(1))),
      'tensor "layers.0.q_proj.A.3" is not expected',
    ],
    [
      'a tensor whose name only looks like the expected one',
      ({ tensors }) => tensors.set('layers.0.q_pr\u043ej.A.0', float32Tensor([1], ones(1))),
      'tensor "layers.0.q_pr\\u043ej.A.0" is not expected',
    ],
    [
      'a tensor named like the prototype of every object',
      ({ tensors }) => tensors.set('__proto__', float32Tensor([1], ones(1))),
      'tensor "__proto__" is not expected',
    ],
    [
      'a tensor less',
      ({ tensors }) => tensors.delete('layers.0.v_proj.token_proj'),
      'tensor layers.0.v_proj.token_proj is missing',
    ],
    [
      'a tensor of another shape of as many elements',
      ({ tensors }) => tensors.set('layers.0.v_proj.B.1', float32Tensor([2, 3], ones(6))),
      'tensor layers.0.v_proj.B.1 is F32 [2, 3]; expected F32 [3, 2]',
    ],
    [
      'a tensor of another type',
      ({ tensors }) => tensors.set('layers.0.v_proj.B.1', { dtype: 'I32', shape: [3, 2], bytes: new Uint8Array(24) }),
      'tensor layers.0.v_proj.B.1 is I32 [3, 2]; expected F32 [3, 2]',
    ],
    [
      'a number that is too large',
      ({ tensors }) => tensors.set('layers.0.v_proj.B.1', float32Tensor([3, 2], Float32Array.of(1, 1, 1, 1, -1e7, 1))),
      'tensor layers.0.v_proj.B.1 holds -10000000 at element 4; the largest magnitude is 1000000',
    ],
    [
      'experts that the client does not hold',
      ({ metadata }) => (metadata['experts'] = JSON.stringify({ ...held, 'layers.0.v_proj': [1, 3] })),
      'the file holds experts 1, 3 of layers.0.v_proj; expected 1, 4',
    ],
    [
      'experts of a module that is none',
      ({ metadata }) => (metadata['experts'] = `{"__proto__":[0],${JSON.stringify(held).slice(1)}`),
      'the file holds experts of "__proto__", which is no adapted module',
    ],
    [
      'experts without an end, in a message that is not',
      ({ metadata }) => (metadata['experts'] = '['.repeat(60_000)),
      `metadata "experts" is ${'['.repeat(197)}...; expected expert indices per module`,
    ],
    ['another rank', ({ metadata }) => (metadata['r'] = '4'), 'metadata "r" is "4"; expected "2"'],
    ['another alpha', ({ metadata }) => (metadata['alpha'] = '1e9'), 'metadata "alpha" is "1e9"; expected "16"'],
    ['another top k', ({ metadata }) => (metadata['topK'] = '1'), 'metadata "topK" is "1"; expected "2"'],
    ['no base model', ({ metadata }) => delete metadata['base_model'], 'metadata "base_model" is missing'],
    [
      'another base model',
      ({ metadata }) => (metadata['base_model'] = 'c'.repeat(64)),
      `metadata "base_model" is "${'c'.repeat(64)}"; expected "${'b'.repeat(64)}"`,
    ],
    ['another client', ({ metadata }) => (metadata['client'] = 'ben'), 'metadata "client" is "ben"; expected "ana"'],
    ['another round', ({ metadata }) => (metadata['round'] = '2'), 'metadata "round" is "2"; expected "3"'],
    ['metadata that nobody reads', ({ metadata }) => (metadata['note'] = 'x'), 'metadata "note" is not expected'],
  ];

  it.each(refusals)('is refused with %s', (_what, change, message) => {
    expectRefused(file, changed(adapter, change), message);
  });

  it('is refused where it is longer than its tensors and a header can be', () => {
    const long = new Uint8Array(file.maximumBytes + 1);
    expectRefused(file, long, `adapter: ${file.maximumBytes + 1} bytes exceed the limit of ${file.maximumBytes}`);
  });

  it('is refused where its header takes the place of its data', () => {
    const long = new Uint8Array(file.maximumBytes).fill(0x20);
    new DataView(long.buffer).setBigUint64(0, BigInt(file.maximumBytes - 8), true);
    expectRefused(file, long, `adapter: header of ${file.maximumBytes - 8} bytes exceeds the limit of`);
  });

  it('holds numbers up to the limit', () => {
    const largest = changed(adapter, ({ tensors }) =>
      tensors.set('layers.0.v_proj.B.1', float32Tensor([3, 2], ones(6).fill(-LARGEST_ELEMENT))),
    );
    expect(file.decode(largest).get('layers.0.v_proj')?.experts[1]?.b[0]).toBe(-LARGEST_ELEMENT);
  });

  it('is held to the experts of each client: the fewer, the fewer bytes', () => {
    const fewer = contributedAdapter({ ...expected, held: { ...held, 'layers.0.q_proj': [0] } });
    expect(fewer.maximumBytes).toBeLessThan(file.maximumBytes);
  });
});

describe("a client's embeddings", () => {
  const file = contributedEmbeddings(expected);

  it('are what the client measured', () => {
    expect(file.decode(embeddings)).toEqual(measured);
    expect(embeddings.byteLength).toBeLessThan(file.maximumBytes);
  });

  const refusals: readonly [what: string, change: (contents: Contents) => unknown, message: string][] = [
    [
      'embeddings of an expert that the client does not hold',
      ({ tensors }) => tensors.set('layers.0.v_proj.mean_expert_embeddings', float32Tensor([3, 2], ones(6))),
      'tensor layers.0.v_proj.mean_expert_embeddings is F32 [3, 2]; expected F32 [2, 2]',
    ],
    [
      'embeddings of another module',
      ({ tensors }) => tensors.set('lm_head.mean_token_embedding', float32Tensor([2], ones(2))),
      'tensor "lm_head.mean_token_embedding" is not expected',
    ],
    [
      'a number that is none',
      ({ tensors }) => tensors.set('layers.0.q_proj.mean_token_embedding', float32Tensor([2], Float32Array.of(0, NaN))),
      'tensor layers.0.q_proj.mean_token_embedding holds NaN at element 1; the largest magnitude is 1000000',
    ],
    ['metadata that nobody reads', ({ metadata }) => (metadata['r'] = '2'), 'metadata "r" is not expected'],
    ['another round', ({ metadata }) => (metadata['round'] = '2'), 'metadata "round" is "2"; expected "3"'],
  ];

  it.each(refusals)('are refused with %s', (_what, change, message) => {
    expectRefused(file, changed(embeddings, change), message);
  });

  it('are refused where they are an adapter', () => {
    expectRefused(file, adapter, 'metadata "alpha" is not expected');
  });
});
