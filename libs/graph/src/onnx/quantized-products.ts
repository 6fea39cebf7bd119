/** Products with frozen matrices of 16, 8 or 4 bits, the latter two on ONNX Runtime's integer kernels. */
import { onnxTypeNumber } from '../data-type.js';
import type { Dimension, Shape } from '../dimension.js';
import type { Application, Tensor } from '../tensor.js';
import type { Emitter, NodeOptions } from './emitter.js';

/** The least that a row's largest magnitude counts as: a row of zeros is divided by this, and stays a row of zeros. */
const LEAST_MAGNITUDE = 1e-30;

/** A 127th of each row's largest magnitude [rows, 1], and the rows divided by it as uint8 around 128; made once for each x. */
function quantizedRows(emitter: Emitter, x: Tensor): { values: string; zero: string; scales: string } {
  const [rows, width] = x.shape as [Dimension, number];
  const column = [rows, 1];
  const zero = emitter.byte(128);
  const scales = emitter.once(`row scales of ${x.name}`, () => {
    const value = (operator: string, inputs: readonly string[], options?: NodeOptions): string =>
      emitter.value(operator, inputs, column, x.dataType, options);
    const extreme = (operator: string): string =>
      value(operator, [x.name, emitter.integers([-1])], { attributes: { keepdims: { int: 1 } } });
    // two passes that only read, where Abs would write a copy for ReduceMax
    const [greatest, least] = [extreme('ReduceMax'), extreme('ReduceMin')];
    const magnitudes = value('Max', [greatest, value('Neg', [least]), emitter.floats([LEAST_MAGNITUDE], [])]);
    return emitter.asColumn(value('Mul', [magnitudes, emitter.floats([1 / 127], [])]), rows);
  });
  const values = emitter.once(`quantized rows of ${x.name}`, () => {
    const zeros = emitter.once(`zeros of ${rows} rows`, () =>
      emitter.value('Expand', [zero, emitter.shapeVector(column)], column, 'uint8'),
    );
    // a block is a row
    return emitter.value('QuantizeLinear', [x.name, scales, zeros], x.shape, 'uint8', {
      attributes: { axis: { int: 1 }, block_size: { int: width } },
    });
  });
  return { values, zero, scales };
}

/**
 * Every row of x is divided by its largest magnitude and rounded to 8 bits, so a large row costs the others no precision;
 * the product of integers is exact, and what was divided by is multiplied back.
 */
export function emitInt8Product(emitter: Emitter, { inputs, outputs }: Application<'int8Product'>): void {
  const [x, values, scales] = inputs as [Tensor, Tensor, Tensor];
  const [output] = outputs as [Tensor];
  emitter.write('Mul', unscaledProduct(emitter, x, values, scales, output.shape), [output]);
}

/** The same as a value that only the emission knows. */
export function int8ProductValue(emitter: Emitter, x: Tensor, values: Tensor, scales: Tensor, shape: Shape): string {
  return emitter.value('Mul', unscaledProduct(emitter, x, values, scales, shape), shape, x.dataType);
}

/** The product before its rows are scaled, and their scales. */
function unscaledProduct(
  emitter: Emitter,
  x: Tensor,
  values: Tensor,
  columnScales: Tensor,
  shape: Shape,
): [string, string] {
  const { values: rows, zero, scales } = quantizedRows(emitter, x);
  return [integerProduct(emitter, rows, zero, values, columnScales, shape), scales];
}

/** The exact product of uint8 rows around `zero` and an int8 matrix, its columns scaled. */
export function integerProduct(
  emitter: Emitter,
  rows: string,
  zero: string,
  values: Tensor,
  columnScales: Tensor,
  shape: Shape,
): string {
  const inputs = [rows, values.name, emitter.floats([1], []), columnScales.name, zero];
  return emitter.value('MatMulIntegerToFloat', inputs, shape, columnScales.dataType, { domain: 'com.microsoft' });
}

/** MatMulNBits' level at which x is quantised to 8 bits, block by block, for integer products. */
const INT8_ACCURACY = 4;

/** Transposed by the kernel for such blocks; else the matrix is written out for this one product. */
export function emitInt4Product(
  emitter: Emitter,
  { inputs, outputs, parameters: { transposed } }: Application<'int4Product'>,
): void {
  const [x, blocks, values, scales, zeroPoints] = inputs as [Tensor, Tensor, Tensor, Tensor, Tensor];
  const [height, width] = values.shape as [number, number];
  const block = 2 * (blocks.shape[2] as number);
  if (transposed) {
    emitter.write('MatMulNBits', [x.name, blocks.name, scales.name], outputs, {
      domain: 'com.microsoft',
      attributes: {
        N: { int: height },
        K: { int: width },
        bits: { int: 4 },
        block_size: { int: block },
        accuracy_level: { int: INT8_ACCURACY },
      },
    });
    return;
  }
  const matrix = emitter.value(
    'DequantizeLinear',
    [values.name, scales.name, zeroPoints.name],
    values.shape,
    scales.dataType,
    { attributes: { axis: { int: 1 }, block_size: { int: block } } },
  );
  emitter.write('Gemm', [x.name, matrix], outputs);
}

export function emitBfloat16Product(
  emitter: Emitter,
  { inputs, outputs, parameters: { transposed } }: Application<'bfloat16Product'>,
): void {
  const [x, weight] = inputs as [Tensor, Tensor];
  const widened = emitter.value('Cast', [weight.name], weight.shape, x.dataType, {
    attributes: { to: { int: onnxTypeNumber[emitter.computeType] } },
  });
  emitter.write('Gemm', [x.name, widened], outputs, { attributes: { transB: { int: Number(transposed) } } });
}
