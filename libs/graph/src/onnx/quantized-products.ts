/** Products with frozen matrices of 16, 8 or 4 bits, the latter two on ONNX Runtime's integer kernels. */
import { onnxTypeNumber } from '../data-type.js';
import type { Shape } from '../dimension.js';
import type { Application, Tensor } from '../tensor.js';
import type { Emitter } from './emitter.js';

/** Added to a row's largest magnitude: a row of zeros has none, and stays a row of zeros. */
const LEAST_MAGNITUDE = 1e-30;

/** The largest magnitude of each row [rows, 1], and the rows divided by it as uint8 around 128; made once for each x. */
function quantizedRows(
  emitter: Emitter,
  x: Tensor,
): { values: string; magnitudes: string; step: string; zero: string } {
  const [rows] = x.shape;
  const column = [rows as string | number, 1];
  const step = emitter.floats([1 / 127], []);
  const zero = emitter.byte(128);
  const magnitudes = emitter.once(`row magnitudes of ${x.name}`, () => {
    const absolute = emitter.value('Abs', [x.name], x.shape, x.dataType);
    const largest = emitter.value('ReduceMax', [absolute, emitter.integers([-1])], column, x.dataType, {
      attributes: { keepdims: { int: 1 } },
    });
    return emitter.value('Max', [largest, emitter.floats([LEAST_MAGNITUDE], [])], column, x.dataType);
  });
  const values = emitter.once(`quantized rows of ${x.name}`, () => {
    const unit = emitter.value('Div', [x.name, magnitudes], x.shape, x.dataType);
    return emitter.value('QuantizeLinear', [unit, step, zero], x.shape, 'uint8');
  });
  return { values, magnitudes, step, zero };
}

/**
 * Every row of x is divided by its largest magnitude and rounded to 8 bits, so a large row costs the others no precision;
 * the product of integers is exact, and what was divided by is multiplied back.
 */
export function emitInt8Product(emitter: Emitter, { inputs, outputs }: Application<'int8Product'>): void {
  const [x, values, scales] = inputs as [Tensor, Tensor, Tensor];
  const [output] = outputs as [Tensor];
  const { unit, magnitudes } = unitProduct(emitter, x, values, scales, output.shape);
  emitter.write('Mul', [unit, magnitudes], [output]);
}

/** The same as a value that only the emission knows. */
export function int8ProductValue(emitter: Emitter, x: Tensor, values: Tensor, scales: Tensor, shape: Shape): string {
  const { unit, magnitudes } = unitProduct(emitter, x, values, scales, shape);
  return emitter.value('Mul', [unit, magnitudes], shape, x.dataType);
}

/** The product before what the rows were divided by is multiplied back. */
function unitProduct(emitter: Emitter, x: Tensor, values: Tensor, scales: Tensor, shape: Shape) {
  const rows = quantizedRows(emitter, x);
  const inputs = [rows.values, values.name, rows.step, scales.name, rows.zero];
  const unit = emitter.value('MatMulIntegerToFloat', inputs, shape, x.dataType, { domain: 'com.microsoft' });
  return { unit, magnitudes: rows.magnitudes };
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
