import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readModel } from '@fedamole/base-models';
import { readSafetensors, toFloat32, writeSafetensors, type Tensor } from '@fedamole/safetensors';
import { makeBatch } from './batch.js';
import { Engine } from './engine.js';
import { allLogits, bitsOf, distance, drawnSequences, llamaFolder, padTokenId } from './small-models.fixture.js';

/** The base model's logits [positions * vocabulary] on some tokens. */
async function logitsOf(folder: string): Promise<Float32Array> {
  const model = await readModel(folder);
  const engine = new Engine(model, { adapter: { kind: 'none' }, balanceWeight: 0, dropout: 0, threads: 1 });
  const logits = await allLogits(engine, new Map(), makeBatch(drawnSequences(model, [24, 17]), padTokenId));
  await engine.release();
  return logits;
}

/** The upper half of the float32, rounded to nearest, ties to even. */
function toBfloat16(tensor: Tensor): Tensor {
  const bits = new Uint32Array(toFloat32(tensor).buffer);
  const halves = Uint16Array.from(bits, (value) => (value + 0x7fff + ((value >>> 16) & 1)) >>> 16);
  return { dtype: 'BF16', shape: tensor.shape, bytes: new Uint8Array(halves.buffer) };
}

/** IEEE 754 binary16, to nearest; every weight is far below its largest number. */
function toFloat16(tensor: Tensor): Tensor {
  const halves = Uint16Array.from(toFloat32(tensor), (value) => {
    const exponent = Math.max(Math.floor(Math.log2(Math.abs(value))), -14);
    const units = Math.round((Math.abs(value) / 2 ** exponent) * 1024);
    const magnitude = value === 0 ? 0 : units + ((exponent + 14) << 10);
    return (value < 0 ? 0x8000 : 0) | magnitude;
  });
  return { dtype: 'F16', shape: tensor.shape, bytes: new Uint8Array(halves.buffer) };
}

describe("a base model's weights", () => {
  let root = '';
  let tensors: Map<string, Tensor>;
  let expected: Float32Array;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'weights-'));
    tensors = (await readSafetensors(join(llamaFolder, 'model.safetensors'))).tensors;
    expected = await logitsOf(llamaFolder);
  });
  afterAll(() => rm(root, { recursive: true }));

  async function written(name: string, files: Readonly<Record<string, Uint8Array | string>>): Promise<string> {
    const folder = join(root, name);
    await mkdir(folder);
    await cp(join(llamaFolder, 'config.json'), join(folder, 'config.json'));
    for (const [file, contents] of Object.entries(files)) await writeFile(join(folder, file), contents);
    return folder;
  }

  const converted = (convert: (tensor: Tensor) => Tensor): Uint8Array =>
    writeSafetensors(new Map([...tensors].map(([name, tensor]) => [name, convert(tensor)])));

  /** Two shards and their index, the tensors dealt to them by turns. */
  function shards(): Record<string, Uint8Array | string> {
    const names = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
    const parts = names.map((_, shard) => new Map([...tensors].filter((_entry, index) => index % 2 === shard)));
    const map = names.flatMap((name, shard) => [...(parts[shard]?.keys() ?? [])].map((tensor) => [tensor, name]));
    const index = JSON.stringify({ weight_map: Object.fromEntries(map) });
    const files = names.map((name, shard) => [name, writeSafetensors(parts[shard] ?? new Map())]);
    return { ...Object.fromEntries(files), 'model.safetensors.index.json': index };
  }

  it('give nearly the same logits in bfloat16', async () => {
    const logits = await logitsOf(await written('bfloat16', { 'model.safetensors': converted(toBfloat16) }));
    expect(distance(logits, expected)).toBeGreaterThan(0);
    // 8 bits of significand: relative 2^-9 a weight
    expect(distance(logits, expected)).toBeLessThan(0.05 * Math.max(...expected.map(Math.abs)));
  });

  it('give more nearly the same logits in float16', async () => {
    const logits = await logitsOf(await written('float16', { 'model.safetensors': converted(toFloat16) }));
    expect(distance(logits, expected)).toBeGreaterThan(0);
    expect(distance(logits, expected)).toBeLessThan(0.01 * Math.max(...expected.map(Math.abs)));
  });

  it('give the same bits from shards', async () => {
    expect(bitsOf([await logitsOf(await written('sharded', shards()))])).toBe(bitsOf([expected]));
  });

  it("give the same bits through the links of the hub's cache", async () => {
    const blobs = await written('blobs', shards());
    const snapshot = join(root, 'snapshot');
    await mkdir(snapshot);
    for (const file of ['config.json', ...Object.keys(shards())])
      await symlink(join('..', 'blobs', file), join(snapshot, file));
    expect(bitsOf([await logitsOf(snapshot)])).toBe(bitsOf([expected]));
    expect(bitsOf([await logitsOf(blobs)])).toBe(bitsOf([expected]));
  });
});
