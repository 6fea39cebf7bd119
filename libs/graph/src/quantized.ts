/**
 * Frozen matrices held in fewer bits than they are computed with. Products read the stored bits: no float32 copy of the
 * matrix outlives the product.
 */
import type { Tensor } from './tensor.js';

/** A matrix [inner, columns] of whole numbers in -127..127, to be multiplied by one scale a column. */
export interface Int8Matrix {
  /** int8 [inner, columns] */
  readonly values: Tensor;
  /** [columns] */
  readonly scales: Tensor;
}

/** W [rows, columns] in 8 bits, once for each direction: the scales belong to what the product keeps. */
export interface Int8Weight {
  readonly kind: 'int8';
  /** W [rows, columns], for `x W`. */
  readonly straight: Int8Matrix;
  /** W^T [columns, rows], for `x W^T`. */
  readonly transposed: Int8Matrix;
  /** W as the model stores it, of which rows are gathered: an embedding that is the output layer, too. */
  readonly stored: Tensor;
}

/** W [rows, columns] in 4 bits: each block of a row's elements has a scale; a value v stands for (v - 8) * scale. */
export interface Int4Weight {
  readonly kind: 'int4';
  /** uint8 [rows, columns / block, block / 2], the lower half of a byte first */
  readonly blocks: Tensor;
  /** The same bytes as uint4 [rows, columns]. */
  readonly values: Tensor;
  /** [rows, columns / block] */
  readonly scales: Tensor;
  /** uint4 [rows, columns / block], all 8 */
  readonly zeroPoints: Tensor;
}

/** A table in 16 bits; each use widens what it needs. */
export interface Bfloat16Weight {
  readonly kind: 'bfloat16';
  /** bfloat16, of the weight's shape */
  readonly values: Tensor;
}

export type QuantizedWeight = Int8Weight | Int4Weight | Bfloat16Weight;

/** `x W^T` where `transposed`, else `x W`. */
export function quantizedProduct(x: Tensor, weight: QuantizedWeight, transposed: boolean): Tensor {
  const { graph } = x;
  if (weight.kind === 'bfloat16')
    return graph.apply('bfloat16Product', [x, weight.values], { transposed })[0] as Tensor;
  if (weight.kind === 'int4') {
    const { blocks, values, scales, zeroPoints } = weight;
    return graph.apply('int4Product', [x, blocks, values, scales, zeroPoints], { transposed })[0] as Tensor;
  }
  return graph.apply('int8Product', [x, ...bothDirections(weight, transposed)], {})[0] as Tensor;
}

/** The inputs of a product with W^T where `transposed`, else W, and then those of its gradient: each values and scales. */
export function bothDirections({ straight, transposed }: Int8Weight, isTransposed: boolean): Tensor[] {
  const matrices = isTransposed ? [transposed, straight] : [straight, transposed];
  return matrices.flatMap(({ values, scales }) => [values, scales]);
}
