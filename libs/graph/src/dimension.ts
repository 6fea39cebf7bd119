/**
 * Dimensions are numbers, or symbols that get their value when the graph runs. A derived dimension is written in one
 * canonical form (`2*time`, `(past+time)`), so that one dimension has one name in whatever order it was derived: ONNX Runtime plans buffers by name,
 * and one name for two different sizes corrupts that plan.
 */
export type Dimension = number | string;
export type Shape = readonly Dimension[];

/** `a * b`, with the number first and the symbols in alphabetical order. */
export function multiplyDimensions(a: Dimension, b: Dimension): Dimension {
  const factors = [a, b].flatMap(factorsOf);
  const coefficient = factors.reduce<number>(
    (product, factor) => (typeof factor === 'number' ? product * factor : product),
    1,
  );
  const symbols = factors.filter((factor) => typeof factor === 'string').sort();
  if (symbols.length === 0 || coefficient === 0) return coefficient;
  return (coefficient === 1 ? symbols : [coefficient, ...symbols]).join('*');
}

/** `(a+b)`, with the symbols in alphabetical order and the number last; the parentheses keep it one factor. */
export function addDimensions(a: Dimension, b: Dimension): Dimension {
  const terms = [a, b].flatMap(termsOf);
  const constant = terms.reduce<number>((sum, term) => (typeof term === 'number' ? sum + term : sum), 0);
  const symbols = terms.filter((term) => typeof term === 'string').sort();
  const parts = constant === 0 ? symbols : [...symbols, constant];
  if (parts.length > 1 && symbols.some((symbol) => symbol.includes('(')))
    throw new Error(`dimensions ${a} and ${b} do not add up: a product of sums is no term of a sum`);
  if (symbols.length === 0) return constant;
  return parts.length === 1 ? (parts[0] as string) : `(${parts.join('+')})`;
}

/** The terms of a dimension that is a sum; itself where it is none. */
export function termsOf(dimension: Dimension): Dimension[] {
  if (typeof dimension === 'number' || !/^\([^()]*\)$/.test(dimension)) return [dimension];
  return dimension.slice(1, -1).split('+').map(parseNumber);
}

/** The factors of a dimension that is a product; itself where it is none. */
export function factorsOf(dimension: Dimension): Dimension[] {
  if (typeof dimension === 'number') return [dimension];
  return (dimension.match(/(\([^()]*\)|[^*()])+/g) ?? []).map(parseNumber);
}

function parseNumber(text: string): Dimension {
  return /^\d+$/.test(text) ? Number(text) : text;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dimension, axis) => dimension === b[axis]);
}

export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** The product of all dimensions: the number of elements. */
export function elementCount(shape: Shape): Dimension {
  return shape.reduce<Dimension>((product, dimension) => multiplyDimensions(product, dimension), 1);
}

/** Numpy's broadcasting of two shapes; an error where two dimensions differ and neither is 1. */
export function broadcastShapes(operation: string, a: Shape, b: Shape): Dimension[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[a.length - rank + axis] ?? 1;
    const right = b[b.length - rank + axis] ?? 1;
    if (left === right || right === 1) return left;
    if (left === 1) return right;
    throw new Error(`${operation}: shapes ${formatShape(a)} and ${formatShape(b)} do not broadcast`);
  });
}
