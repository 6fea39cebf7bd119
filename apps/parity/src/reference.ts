/** Reference tensors of a fixture, with a record of those that were compared: one that was not is a failure. */
import { readFile } from 'node:fs/promises';
import { readSafetensors, toFloat64, toIntegers, type Tensor } from '@fedamole/safetensors';

export class Reference {
  private readonly unread: Set<string>;

  private readonly notNumbers = new Set<string>();

  private constructor(
    readonly file: string,
    private readonly tensors: ReadonlyMap<string, Tensor>,
    private readonly twin: Reference | null,
  ) {
    this.unread = new Set(tensors.keys());
  }

  /**
   * Reads a file. Some references in float64 hold NaN where PyTorch masks whole rows of padding; a tensor with NaN in it is
   * replaced by that of the `twin`, the same fixture in float32.
   */
  static async read(file: string, twin: Reference | null = null): Promise<Reference> {
    const { tensors } = await readSafetensors(file);
    if (tensors.size === 0) throw new Error(`${file}: there is nothing to compare`);
    return new Reference(file, tensors, twin);
  }

  /** Names that begin with `prefix`, without it. */
  namesUnder(prefix: string): string[] {
    return [...this.tensors.keys()].filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  }

  has(name: string): boolean {
    return this.tensors.has(name);
  }

  shape(name: string): readonly number[] {
    return this.tensor(name).shape;
  }

  floats(name: string): Float64Array {
    const values = toFloat64(this.tensor(name));
    if (this.twin === null || !values.some(Number.isNaN)) return values;
    this.notNumbers.add(name);
    return this.twin.floats(name);
  }

  /** How many tensors were replaced by the twin's. */
  get replacedCount(): number {
    return this.notNumbers.size;
  }

  singles(name: string): Float32Array {
    return Float32Array.from(this.floats(name));
  }

  integers(name: string): number[] {
    return toIntegers(this.tensor(name));
  }

  /** Integers of a tensor's last axis, row by row over the others. */
  integerRows(name: string): number[][] {
    const width = this.shape(name).at(-1) ?? 1;
    const flat = this.integers(name);
    return Array.from({ length: flat.length / width }, (_, row) => flat.slice(row * width, (row + 1) * width));
  }

  /** Throws naming the tensors that nothing was compared with. */
  requireAllCompared(): void {
    if (this.unread.size > 0) throw new Error(`${this.file}: not compared: ${[...this.unread].sort().join(', ')}`);
  }

  private tensor(name: string): Tensor {
    const tensor = this.tensors.get(name);
    if (tensor === undefined) throw new Error(`${this.file}: tensor ${name} is missing`);
    this.unread.delete(name);
    return tensor;
  }
}

export async function readJson(file: string): Promise<unknown> {
  return JSON.parse(await readFile(file, 'utf8')) as unknown;
}
