/**
 * As much of WebAssembly's binary format as the vector loops need (WebAssembly Core Specification 2.0, chapter 5): the
 * module around them and the instructions in them. An instruction is its bytes; code is instructions one after another.
 */
export type Code = readonly number[];

export interface FunctionCode {
  readonly name: string;
  readonly parameters: readonly ValueType[];
  /** Variables beside the parameters, counted on from them; all are v128. */
  readonly vectors: number;
  readonly body: Code;
}

export type ValueType = 'i32' | 'f64';

const valueTypes = { i32: 0x7f, f64: 0x7c, v128: 0x7b } as const;

export const local = {
  get: (index: number): Code => [0x20, index],
  set: (index: number): Code => [0x21, index],
};
export const i32 = {
  constant: (value: number): Code => [0x41, ...signed(value)],
  add: [0x6a],
  lessThan: [0x49],
} as const;
export const f32x4 = {
  /** Two float64 become the first two float32, the others 0. */
  demote: vectorInstruction(0x5e),
};
export const f64x2 = {
  splat: vectorInstruction(0x14),
  /** The first two float32 become two float64. */
  promote: vectorInstruction(0x5f),
  add: vectorInstruction(0xf0),
  multiply: vectorInstruction(0xf2),
  divide: vectorInstruction(0xf3),
};
export const v128 = {
  load: (offset: number): Code => vectorInstruction(0x00, 0, offset),
  store: (offset: number): Code => vectorInstruction(0x0b, 0, offset),
  zero: vectorInstruction(0x0c, ...new Array<number>(16).fill(0)),
  /** Sixteen bytes out of the thirty-two of two vectors. */
  shuffle: (bytes: readonly number[]): Code => vectorInstruction(0x0d, ...bytes),
};

/** Runs the body until its last instruction, a condition, is 0. */
export const loopWhile = (body: Code): Code => [0x03, 0x40, ...body, 0x0d, 0, 0x0b];

/** A module that exports these functions and takes its memory from outside, as `environment.memory`. */
export function webAssemblyModule(functions: readonly FunctionCode[]): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ parameters }) => [0x60, ...list(parameters.map((type) => [valueTypes[type]])), 0]);
  const memory = [...text('environment'), ...text('memory'), 2, 0, 0];
  const bodies = functions.map(({ vectors, body }) => sized([1, vectors, valueTypes.v128, ...body, 0x0b]));
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...[1, ...sized(list(types))],
    ...[2, ...sized(list([memory]))],
    ...[3, ...sized(list(functions.map((_, index) => [index])))],
    ...[7, ...sized(list(functions.map(({ name }, index) => [...text(name), 0, index])))],
    ...[10, ...sized(list(bodies))],
  ]);
}

function vectorInstruction(operation: number, ...operands: number[]): Code {
  return [0xfd, ...unsigned(operation), ...operands];
}

const list = (items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()];
const sized = (bytes: Code): Code => [...unsigned(bytes.length), ...bytes];
const text = (name: string): Code => sized([...name].map((character) => character.charCodeAt(0)));

/** LEB128: seven bits a byte, the lowest first, the eighth bit where more follow. */
function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): Code {
  return value >= -0x40 && value < 0x40 ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}
