/**
 * The loops that merging consists of, in WebAssembly: its vector instructions take four elements at a time, which a
 * compiled JavaScript loop does not, and make it as fast as memory. They compute, element by element, the very float64
 * operations of the loop in the comment, so results are the same bits.
 */
import {
  f32x4,
  f64x2,
  i32,
  local,
  loopWhile,
  v128,
  webAssemblyModule,
  type Code,
  type FunctionCode,
} from './webassembly-encoding.js';

/** The loops take this many elements at a time: vectors are padded to a multiple of it. */
export const ELEMENTS_AT_ONCE = 4;

const FLOAT64_BYTES = 8 * ELEMENTS_AT_ONCE;
const FLOAT32_BYTES = 4 * ELEMENTS_AT_ONCE;

/** All arguments but the float64 are addresses in the memory, in bytes; `end` is that after the float32 vector. */
export interface VectorLoops {
  /** sums[i] = 0 + weight * values[i] */
  begin(values: number, sums: number, weight: number, end: number): void;
  /** sums[i] += weight * values[i] */
  add(values: number, sums: number, weight: number, end: number): void;
  /** means[i] = sums[i] / total, rounded to float32 */
  divide(means: number, sums: number, total: number, end: number): void;
  /** means[i] = sums[i] * factor, rounded to float32 */
  scale(means: number, sums: number, factor: number, end: number): void;
}

export interface LinearMemory {
  readonly buffer: ArrayBuffer;
  /** Adds pages of 64 KiB; views on the former buffer end. */
  grow(pages: number): number;
}

/** Of the global object that every JavaScript engine has, as much as is used here. */
declare const WebAssembly: {
  readonly Memory: new (limits: { initial: number }) => LinearMemory;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (
    module: object,
    imports: { environment: { memory: LinearMemory } },
  ) => { readonly exports: unknown };
};

export function compileVectorLoops(): { readonly memory: LinearMemory; readonly loops: VectorLoops } {
  const memory = new WebAssembly.Memory({ initial: 0 });
  const module = new WebAssembly.Module(
    webAssemblyModule([begin, add, meanBy('divide', f64x2.divide), meanBy('scale', f64x2.multiply)]),
  );
  const { exports } = new WebAssembly.Instance(module, { environment: { memory } });
  return { memory, loops: exports as VectorLoops };
}

const [narrow, sums, scalar, end, scalars, values] = [0, 1, 2, 3, 4, 5];

const upperHalf = v128.shuffle([8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15]);
const lowerHalves = v128.shuffle([0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23]);

/** Before the first vector sums are 0, not absent: 0 + -0 is 0. */
const begin = sumBy('begin', () => v128.zero);
const add = sumBy('add', (offset) => [...local.get(sums), ...v128.load(offset)]);

function sumBy(name: string, formerSums: (offset: number) => Code): FunctionCode {
  const half = (offset: number, elements: Code): Code => {
    const product = [...elements, ...f64x2.promote, ...local.get(scalars), ...f64x2.multiply];
    return [...local.get(sums), ...formerSums(offset), ...product, ...f64x2.add, ...v128.store(offset)];
  };
  return loop(name, [
    ...[...local.get(narrow), ...v128.load(0), ...local.set(values)],
    ...half(0, local.get(values)),
    ...half(16, [...local.get(values), ...local.get(values), ...upperHalf]),
  ]);
}

function meanBy(name: string, operation: Code): FunctionCode {
  const half = (offset: number): Code => [
    ...[...local.get(sums), ...v128.load(offset), ...local.get(scalars), ...operation],
    ...f32x4.demote,
  ];
  return loop(name, [...local.get(narrow), ...half(0), ...half(16), ...lowerHalves, ...v128.store(0)]);
}

/** Goes over the float32 vector and the float64 vector together, with the scalar in both halves of `scalars`. */
function loop(name: string, body: Code): FunctionCode {
  const advance = (variable: number, bytes: number): Code => [
    ...[...local.get(variable), ...i32.constant(bytes), ...i32.add],
    ...local.set(variable),
  ];
  const next = [...advance(sums, FLOAT64_BYTES), ...advance(narrow, FLOAT32_BYTES)];
  return {
    name,
    parameters: ['i32', 'i32', 'f64', 'i32'],
    vectors: 2,
    body: [
      ...[...local.get(scalar), ...f64x2.splat, ...local.set(scalars)],
      ...loopWhile([...body, ...next, ...local.get(narrow), ...local.get(end), ...i32.lessThan]),
    ],
  };
}
