/**
 * Inputs that follow from the shapes of the others. The vectors that Reshape, Expand and Split read are not computed in the
 * graph but fed, under names that say what they hold: shape arithmetic is in integers, for which execution providers of GPUs
 * have no kernels.
 */
import { factorsOf, formatShape, termsOf, type Dimension, type Shape } from '../dimension.js';

/** An int64 vector [dimensions]. */
export const shapeInputName = (dimensions: readonly Dimension[]): string => `shape ${formatShape(dimensions)}`;
/** One float [1]. */
export const sizeInputName = (dimension: Dimension): string => `size ${dimension}`;

export interface FedShape {
  readonly name: string;
  /** As the model declares it. */
  readonly declared: Shape;
  /** Of the tensor that is fed. */
  readonly actual: readonly number[];
}

/** The value of every symbol, by the shapes that are fed. Throws where these do not fit what the model declares. */
export function bindSymbols(inputs: readonly FedShape[]): ReadonlyMap<string, number> {
  const values = new Map<string, number>();
  for (const { declared, actual } of inputs) {
    declared.forEach((dimension, axis) => {
      const size = actual[axis];
      if (typeof dimension === 'string' && size !== undefined && isSymbol(dimension) && !values.has(dimension))
        values.set(dimension, size);
    });
  }
  for (const { name, declared, actual } of inputs) {
    const expected = declared.map((dimension) => valueOf(dimension, values));
    if (expected.length === actual.length && expected.every((size, axis) => size === actual[axis])) continue;
    throw new Error(
      `${name} is ${formatShape(actual)}; its shape ${formatShape(declared)} is ${formatShape(expected)}`,
    );
  }
  return values;
}

export type DimensionInput =
  { readonly kind: 'shape'; readonly values: readonly number[] } | { readonly kind: 'size'; readonly value: number };

/** What the input of that name holds; null where it is none of these. */
export function dimensionInput(name: string, symbols: ReadonlyMap<string, number>): DimensionInput | null {
  const [, kind, text] = /^(shape|size) (.*)$/.exec(name) ?? [];
  if (kind === undefined || text === undefined) return null;
  if (kind === 'size') return { kind, value: valueOf(text, symbols) };
  const dimensions = text.slice(1, -1).split(', ');
  return { kind: 'shape', values: dimensions.map((dimension) => valueOf(dimension, symbols)) };
}

/** The symbols that a dimension is made of. */
export function symbolsOf(dimension: Dimension): string[] {
  if (typeof dimension === 'number') return [];
  return isSymbol(dimension) ? [dimension] : partsOf(dimension).flatMap(symbolsOf);
}

/** Throws where a symbol has no value. */
export function valueOf(dimension: Dimension, symbols: ReadonlyMap<string, number>): number {
  if (typeof dimension === 'number') return dimension;
  if (/^\d+$/.test(dimension)) return Number(dimension);
  if (isSymbol(dimension)) {
    const value = symbols.get(dimension);
    if (value === undefined) throw new Error(`dimension ${dimension} is in no shape that is fed`);
    return value;
  }
  const values = partsOf(dimension).map((part) => valueOf(part, symbols));
  const sum = termsOf(dimension).length > 1;
  return values.reduce((left, right) => (sum ? left + right : left * right));
}

const isSymbol = (dimension: string): boolean => termsOf(dimension).length === 1 && factorsOf(dimension).length === 1;

const partsOf = (dimension: string): Dimension[] => {
  const terms = termsOf(dimension);
  return terms.length > 1 ? terms : factorsOf(dimension);
};
