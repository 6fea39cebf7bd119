import { byteLength, dtypes, isDtype } from './dtype.js';
import type { Dtype } from './dtype.js';
import { SafetensorsError } from './errors.js';
import { shown } from './shown.js';

/** As many dimensions as NumPy's and PyTorch's tensors may have. */
const MOST_DIMENSIONS = 64;

/** Where a tensor lies; `begin` and `end` count bytes from the header's `dataOffset`, `end` exclusive. */
export interface TensorRange {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/**
 * Checks one tensor's entry against the bytes that the file has for data.
 *
 * @throws SafetensorsError naming file, tensor, value and limit.
 */
export function checkedTensor(file: string, name: string, value: unknown, dataBytes: number): TensorRange {
  const place = `${file}: tensor ${shown(name)}`;
  if (!isObject(value)) throw new SafetensorsError(`${place}: ${shown(value)} is not an object`);
  const { dtype, shape, data_offsets: offsets, ...others } = value as Record<string, unknown>;
  const unknownField = Object.keys(others)[0];
  if (unknownField !== undefined) throw new SafetensorsError(`${place}: unknown field ${shown(unknownField)}`);
  if (!isDtype(dtype)) {
    throw new SafetensorsError(`${place}: dtype ${shown(dtype)} is none of ${dtypes.join(', ')}`);
  }
  if (!isCounts(shape)) throw new SafetensorsError(`${place}: shape ${shown(shape)} is no list of whole numbers >= 0`);
  if (shape.length > MOST_DIMENSIONS) {
    throw new SafetensorsError(`${place}: ${shape.length} dimensions exceed the limit of ${MOST_DIMENSIONS}`);
  }
  const [begin, end] = isCounts(offsets) && offsets.length === 2 ? offsets : [];
  if (begin === undefined || end === undefined) {
    throw new SafetensorsError(`${place}: data_offsets ${shown(offsets)} are not two whole numbers >= 0`);
  }
  if (begin > end) throw new SafetensorsError(`${place}: data_offsets begin at ${begin}, after their end ${end}`);
  if (end > dataBytes) throw new SafetensorsError(`${place}: ends at byte ${end} of data that have ${dataBytes} bytes`);
  const expected = checkedLength(place, dtype, shape);
  if (end - begin !== expected) {
    throw new SafetensorsError(
      `${place}: data_offsets hold ${end - begin} bytes, but ${dtype} [${shape.join(', ')}] takes ${expected}`,
    );
  }
  return { dtype, shape, begin, end };
}

function checkedLength(place: string, dtype: Dtype, shape: readonly number[]): number {
  try {
    return byteLength(dtype, shape);
  } catch (error) {
    throw new SafetensorsError(`${place}: ${(error as Error).message}`, { cause: error });
  }
}

/** The tensors must tile the data: an overlap would alias two tensors, a hole would hide bytes from every reader. */
export function checkCoverage(file: string, tensors: ReadonlyMap<string, TensorRange>, dataBytes: number): void {
  const ordered = [...tensors].sort(([, left], [, right]) => left.begin - right.begin || left.end - right.end);
  let covered = 0;
  for (const [name, { begin, end }] of ordered) {
    if (begin < covered) {
      throw new SafetensorsError(
        `${file}: tensor ${shown(name)} begins at byte ${begin}, inside another that ends at ${covered}`,
      );
    }
    if (begin > covered) {
      throw new SafetensorsError(
        `${file}: bytes ${covered} to ${begin} before tensor ${shown(name)} belong to no tensor`,
      );
    }
    covered = end;
  }
  if (covered !== dataBytes) {
    throw new SafetensorsError(`${file}: the tensors end at byte ${covered} of data that have ${dataBytes} bytes`);
  }
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}
