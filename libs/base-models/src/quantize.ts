/** Frozen matrices in fewer bits: the numbers that libs/graph's products of 8 and 4 bits read. */
import { toFloat32, type Tensor } from '@fedamole/safetensors';

/** Elements of a row that share one scale in 4 bits. */
export const INT4_BLOCK = 32;

const LARGEST_INT8 = 127;

/** One form of a matrix, by the names of its parts. */
export type HeldTensors = Readonly<Record<string, Tensor>>;

const tensor = (dtype: Tensor['dtype'], shape: readonly number[], values: ArrayBufferView): Tensor => ({
  dtype,
  shape,
  bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
});

/**
 * A matrix [rows, columns] in 8 bits for both directions: `straight` [rows, columns] with one scale a column, `transposed`
 * [columns, rows] with one a row. A scale is the largest magnitude divided by 127, so each element is off by half of that.
 */
export function toInt8(source: Tensor): HeldTensors {
  const [rows, columns] = source.shape as [number, number];
  const matrix = toFloat32(source);
  const columnScales = new Float32Array(columns);
  const rowScales = new Float32Array(rows);
  for (let row = 0; row < rows; row += 1) {
    let largest = 0;
    for (let column = 0; column < columns; column += 1) {
      const magnitude = Math.abs(matrix[row * columns + column] as number);
      if (magnitude > largest) largest = magnitude;
      if (magnitude > (columnScales[column] as number)) columnScales[column] = magnitude;
    }
    rowScales[row] = largest / LARGEST_INT8;
  }
  columnScales.forEach((largest, column) => (columnScales[column] = largest / LARGEST_INT8));
  const straight = new Int8Array(rows * columns);
  const transposed = new Int8Array(rows * columns);
  const perColumn = columnScales.map(inverse);
  for (let row = 0; row < rows; row += 1) {
    const perRow = inverse(rowScales[row] as number);
    for (let column = 0; column < columns; column += 1) {
      const element = matrix[row * columns + column] as number;
      straight[row * columns + column] = nearestEven(element * (perColumn[column] as number));
      transposed[column * rows + row] = nearestEven(element * perRow);
    }
  }
  return {
    straight: tensor('I8', [rows, columns], straight),
    straightScales: tensor('F32', [columns], columnScales),
    transposed: tensor('I8', [columns, rows], transposed),
    transposedScales: tensor('F32', [rows], rowScales),
  };
}

/**
 * A matrix [rows, columns] in 4 bits: each block of 32 elements of a row has a scale, the element of largest magnitude
 * divided by -8, so that one becomes exactly -8; stored are values + 8, two a byte, the earlier one in the lower half.
 */
export function toInt4(source: Tensor): HeldTensors {
  const [rows, columns] = source.shape as [number, number];
  if (columns % INT4_BLOCK !== 0) {
    throw new Error(`a matrix [${rows}, ${columns}] has no whole blocks of ${INT4_BLOCK} columns`);
  }
  const matrix = toFloat32(source);
  const blocks = columns / INT4_BLOCK;
  const scales = new Float32Array(rows * blocks);
  const bytes = new Uint8Array((rows * columns) / 2);
  for (let block = 0; block < rows * blocks; block += 1) {
    const start = block * INT4_BLOCK;
    let extreme = 0;
    for (let index = start; index < start + INT4_BLOCK; index += 1) {
      if (Math.abs(matrix[index] as number) > Math.abs(extreme)) extreme = matrix[index] as number;
    }
    scales[block] = extreme / -8;
    const factor = inverse(extreme / -8);
    const quantized = (index: number): number => Math.min(15, nearestEven((matrix[index] as number) * factor) + 8);
    for (let index = start; index < start + INT4_BLOCK; index += 2) {
      bytes[index / 2] = quantized(index) | (quantized(index + 1) << 4);
    }
  }
  const zeroPoints = new Uint8Array(Math.ceil((rows * blocks) / 2)).fill(0x88);
  return {
    blocks: tensor('U8', [rows, blocks, INT4_BLOCK / 2], bytes),
    scales: tensor('F32', [rows, blocks], scales),
    zeroPoints: tensor('U8', [zeroPoints.length], zeroPoints),
  };
}

/** A tensor in bfloat16, rounded to the nearest, ties to even. */
export function toBfloat16(source: Tensor): HeldTensors {
  if (source.dtype === 'BF16') return { values: source };
  const bits = new Uint32Array(toFloat32(source).buffer);
  const halves = Uint16Array.from(bits, (word) => (word + 0x7fff + ((word >>> 16) & 1)) >>> 16);
  return { values: tensor('BF16', source.shape, halves) };
}

const inverse = (scale: number): number => (scale === 0 ? 0 : 1 / scale);

/** Rounds halves to the even neighbour, as IEEE 754 and ONNX's QuantizeLinear do; exact for magnitudes below 2^51. */
const nearestEven = (value: number): number => value + 6_755_399_441_055_744 - 6_755_399_441_055_744;
