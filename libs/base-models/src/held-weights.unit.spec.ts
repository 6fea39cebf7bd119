import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { float32Tensor, toFloat32 } from '@fedamole/safetensors';
import { holdWeights, type WeightForm } from './held-weights.js';
import { readModel } from './model-folder.js';
import { INT4_BLOCK, toBfloat16, toInt4, toInt8 } from './quantize.js';
import { llamaFolder } from './written-models.fixture.js';

const [ROWS, COLUMNS] = [5, 64];
/** Rows of very different size, one of them zero. */
const matrix = Float32Array.from({ length: ROWS * COLUMNS }, (_, index) => {
  const row = Math.floor(index / COLUMNS);
  return row === 3 ? 0 : (((index * 7919) % 1001) / 500 - 1) * 10 ** (row - 2);
});
const source = float32Tensor([ROWS, COLUMNS], matrix);
const at = (row: number, column: number): number => matrix[row * COLUMNS + column] as number;

describe('a matrix in 8 bits', () => {
  const held = toInt8(source);
  const part = (name: string): ArrayLike<number> => {
    const tensor = held[name];
    if (tensor === undefined) throw new Error(name);
    return tensor.dtype === 'F32' ? toFloat32(tensor) : new Int8Array(tensor.bytes);
  };

  it('is off by at most half a step of its column, and transposed of its row', () => {
    const [straight, transposed] = [part('straight'), part('transposed')];
    const [columnScales, rowScales] = [part('straightScales'), part('transposedScales')];
    for (let row = 0; row < ROWS; row += 1) {
      for (let column = 0; column < COLUMNS; column += 1) {
        const columnScale = columnScales[column] as number;
        const rowScale = rowScales[row] as number;
        const there = (straight[row * COLUMNS + column] as number) * columnScale;
        const back = (transposed[column * ROWS + row] as number) * rowScale;
        expect(Math.abs(there - at(row, column))).toBeLessThanOrEqual(columnScale * 0.501);
        expect(Math.abs(back - at(row, column))).toBeLessThanOrEqual(rowScale * 0.501);
      }
    }
  });
});

describe('a matrix in 4 bits', () => {
  it('is off by at most one step of its block, and exact at the element of largest magnitude', () => {
    const { blocks, scales } = toInt4(source);
    const factors = toFloat32(scales as NonNullable<typeof scales>);
    const value = (index: number): number => {
      const byte = blocks?.bytes[index >> 1] as number;
      return ((index % 2 === 0 ? byte & 15 : byte >> 4) - 8) * (factors[Math.floor(index / INT4_BLOCK)] as number);
    };
    for (let start = 0; start < matrix.length; start += INT4_BLOCK) {
      const block = [...matrix.slice(start, start + INT4_BLOCK)];
      const largest = block.reduce((best, element) => (Math.abs(element) > Math.abs(best) ? element : best), 0);
      const step = Math.abs(factors[start / INT4_BLOCK] as number);
      block.forEach((element, index) =>
        expect(Math.abs(value(start + index) - element)).toBeLessThanOrEqual(step * 1.001),
      );
      expect(value(start + block.indexOf(largest))).toBeCloseTo(largest, 5);
    }
  });
});

describe('a matrix in bfloat16', () => {
  it('is rounded to the nearest, ties to even', () => {
    const exact = float32Tensor([4], Float32Array.of(1, 1 + 2 ** -8, 1 + 3 * 2 ** -8, -(1 + 2 ** -7 + 2 ** -20)));
    const { values } = toBfloat16(exact);
    expect([...toFloat32(values as NonNullable<typeof values>)]).toEqual([1, 1, 1 + 2 ** -6, -(1 + 2 ** -7)]);
  });
});

describe('holding a model', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'held-weights-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const counted = async (form: WeightForm, forms: string): Promise<number> => {
    let converted = 0;
    const model = await readModel(llamaFolder);
    const held = await holdWeights(model, form, { folder: forms, onMatrix: () => void (converted += 1) });
    expect(held.form).toBe(form);
    return converted;
  };

  it('converts once, whoever asks, and leaves no partial form', async () => {
    const forms = join(folder, 'once');
    const model = await readModel(llamaFolder);
    const both = await Promise.all([counted('int8', forms), counted('int8', forms)]);
    // the output layer too
    expect(Math.max(...both)).toBe(model.decoder.linearModules.length + 1);
    expect(await counted('int8', forms)).toBe(0);
    expect(await readdir(forms)).toHaveLength(1);
  });

  it('leaves nothing that is used where it was cut off', async () => {
    const forms = join(folder, 'cut');
    const model = await readModel(llamaFolder);
    const stop = (done: number): void => {
      if (done === 2) throw new Error('stopped');
    };
    await expect(holdWeights(model, 'bfloat16', { folder: forms, onMatrix: stop })).rejects.toThrow('stopped');
    expect(await readdir(forms)).toEqual([]);
    expect(await counted('bfloat16', forms)).toBe(model.decoder.linearModules.length);
  });

  it('refuses 4 bits where a matrix has no whole blocks', async () => {
    const model = await readModel(llamaFolder);
    await expect(holdWeights(model, 'int4', { folder: join(folder, 'none') })).rejects.toThrow(
      /weights cannot be held as int4: model\.layers\.0\.\S+ has 48 columns, no multiple of 32/,
    );
  });
});
