import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { toFloat32, toIntegers } from './convert.js';
import { readSafetensors, readSafetensorsHeader, readTensor, readTensors } from './read.js';
import { writeSafetensors } from './write.js';

const reference = fileURLToPath(new URL('../../../fixtures/mole/reference.safetensors', import.meta.url));
const model = fileURLToPath(new URL('../../../examples/quickstart/model/model.safetensors', import.meta.url));

describe('safetensors files of the reference writer', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'safetensors-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('are read in full', async () => {
    const { tensors } = await readSafetensors(reference);
    const ids = tensors.get('full.input_ids');
    const logits = tensors.get('full.logits');
    if (!ids || !logits) throw new Error('the reference lacks full.input_ids or full.logits');
    expect(logits.shape).toEqual([2, 14, 199]);
    expect(toFloat32(logits).every(Number.isFinite)).toBe(true);
    expect(toIntegers(ids).every((id) => id >= 3 && id < 199)).toBe(true);
  });

  it('are read by tensor, alike', async () => {
    const header = await readSafetensorsHeader(reference);
    const { tensors } = await readSafetensors(reference);
    for (const [name, tensor] of tensors) expect(await readTensor(header, name)).toEqual(tensor);
    await expect(readTensor(header, 'absent')).rejects.toThrow(/reference\.safetensors: no tensor "absent"/);
  });

  it('are read by several tensors at once, alike, whatever lies between them', async () => {
    const header = await readSafetensorsHeader(reference);
    const { tensors } = await readSafetensors(reference);
    const names = ['full.logits', 'full.input_ids'];
    const read = await readTensors(header, names);
    expect([...read.keys()]).toEqual(names);
    for (const [name, tensor] of read) expect(tensor).toEqual(tensors.get(name));
    expect(await readTensors(header, [])).toEqual(new Map());
    await expect(readTensors(header, ['absent'])).rejects.toThrow(/no tensor "absent"/);
  });

  it('tell the type of a bfloat16 model without reading its data', async () => {
    const header = await readSafetensorsHeader(model);
    const embedding = header.tensors.get('model.embed_tokens.weight');
    expect(embedding?.dtype).toBe('BF16');
    expect(embedding?.shape).toEqual([4096, 256]);
    expect(header.dataOffset + Math.max(...[...header.tensors.values()].map(({ end }) => end))).toBe(header.fileSize);
  });

  it('keep their tensors and metadata when written again', async () => {
    const first = await readSafetensors(reference);
    const copy = join(folder, 'copy.safetensors');
    await writeFile(copy, writeSafetensors(first.tensors, first.metadata));
    const second = await readSafetensors(copy);
    expect(second.metadata).toEqual(first.metadata);
    expect(new Map(second.tensors)).toEqual(new Map(first.tensors));
  });

  it('are refused by path and byte when cut short', async () => {
    const cut = join(folder, 'cut.safetensors');
    const { tensors } = await readSafetensors(reference);
    await writeFile(cut, writeSafetensors(tensors));
    const { fileSize } = await readSafetensorsHeader(cut);
    await truncate(cut, fileSize - 1);
    await expect(readSafetensorsHeader(cut)).rejects.toThrow(/cut\.safetensors: tensor ".*": ends at byte/);
    await expect(readSafetensors(cut)).rejects.toThrow(/cut\.safetensors/);
    await expect(readSafetensors(join(folder, 'absent'))).rejects.toThrow(/ENOENT/);
  });
});
