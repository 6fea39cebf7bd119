/**
 * The keys and values of a batch's earlier tokens. Each row's tokens stand side by side from slot 0, without padding, and a step
 * copies in its own tokens alone: what is there already stays where it is, and a row that is finished can be dropped.
 */
import type { Decoder } from '@fedamole/models';
import { pastName } from './model-graphs.js';
import { floats, type Feeds } from './session.js';

/** Slots are added so many at once: more would be read in vain, fewer copied too often. */
const GROWTH = 32;

/** Never none: WebGPU's kernel of a product fails the process where there is nothing to sum over. */
const FIRST_CAPACITY = 1;

const parts = ['keys', 'values'] as const;
export type CachePart = (typeof parts)[number];

export class KeyValueCache {
  /** Slots of each row; those from its length on hold nothing that is looked at. */
  capacity = FIRST_CAPACITY;
  /** Earlier tokens of each row. */
  lengths: readonly number[];
  private readonly stored = new Map<string, Float32Array>();

  constructor(
    private readonly decoder: Pick<Decoder, 'layers' | 'keyValueHeads' | 'headWidth'>,
    rows: number,
  ) {
    this.lengths = Array.from({ length: rows }, () => 0);
    const size = rows * decoder.keyValueHeads * FIRST_CAPACITY * decoder.headWidth;
    for (const [part, layer] of this.entries()) this.stored.set(pastName(part, layer), new Float32Array(size));
  }

  /** The parts of every layer. */
  *entries(): Generator<readonly [CachePart, number]> {
    for (let layer = 0; layer < this.decoder.layers; layer += 1) for (const part of parts) yield [part, layer];
  }

  /** Each part [rows, keyValueHeads, capacity, headWidth], as a decoding session takes it. */
  feeds(): Feeds {
    const { keyValueHeads, headWidth } = this.decoder;
    const shape = [this.lengths.length, keyValueHeads, this.capacity, headWidth];
    return Object.fromEntries([...this.stored].map(([name, values]) => [name, floats(values, shape)]));
  }

  /**
   * Adds to row r the last `counts[r]` of `time` tokens; what stands before them is padding.
   *
   * @param added a part's keys or values of the new tokens [rows, keyValueHeads, time, headWidth]
   */
  append(added: (part: CachePart, layer: number) => Float32Array, counts: readonly number[], time: number): void {
    const { keyValueHeads, headWidth } = this.decoder;
    const needed = Math.max(...this.lengths.map((length, row) => length + (counts[row] as number)));
    if (needed > this.capacity) this.grow(Math.ceil(needed / GROWTH) * GROWTH);
    for (const [part, layer] of this.entries()) {
      const source = added(part, layer);
      const target = this.stored.get(pastName(part, layer)) as Float32Array;
      counts.forEach((count, row) => {
        const slot = this.lengths[row] as number;
        for (let head = row * keyValueHeads; head < (row + 1) * keyValueHeads; head += 1) {
          const from = ((head + 1) * time - count) * headWidth;
          target.set(source.subarray(from, from + count * headWidth), (head * this.capacity + slot) * headWidth);
        }
      });
    }
    this.lengths = this.lengths.map((length, row) => length + (counts[row] as number));
  }

  /** Keeps these rows, in ascending order, and drops the others. */
  keep(rows: readonly number[]): void {
    const size = this.decoder.keyValueHeads * this.capacity * this.decoder.headWidth;
    for (const [name, values] of this.stored) {
      rows.forEach((row, index) => values.copyWithin(index * size, row * size, (row + 1) * size));
      this.stored.set(name, values.subarray(0, rows.length * size));
    }
    this.lengths = rows.map((row) => this.lengths[row] as number);
  }

  private grow(capacity: number): void {
    const { keyValueHeads, headWidth } = this.decoder;
    const heads = this.lengths.length * keyValueHeads;
    const [before, after] = [this.capacity * headWidth, capacity * headWidth];
    for (const [name, values] of this.stored) {
      const larger = new Float32Array(heads * after);
      for (let head = 0; head < heads; head += 1) {
        larger.set(values.subarray(head * before, (head + 1) * before), head * after);
      }
      this.stored.set(name, larger);
    }
    this.capacity = capacity;
  }
}
