import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readSafetensors, writeSafetensors } from '@fedamole/safetensors';
import { comparePath } from './compare-path.js';
import { passes } from './comparison.js';

const fixtures = join(import.meta.dirname, '../../../fixtures');

describe.each([
  'families/llama',
  'families/llama3-rope',
  'families/mistral',
  'families/qwen2',
  'families/qwen3',
  'families/gemma2',
  'families/phi3',
  'families/gpt2',
  'families/opt',
  'families/opt-350m',
  'families/falcon-rw',
  'peft/llama-all-linear',
  'peft/gpt2-conv1d',
  'peft/opt-350m-patterns',
  'peft/phi3-expression',
  'peft/qwen2-layers',
  'families/falcon-multi-query',
  'families/falcon-new',
  'families/gpt2-scaled-by-layer',
  'families/llama-yarn',
  'families/opt-unbiased',
  'families/phi3-longrope',
  'families/qwen2-dynamic',
  'mole',
  'federation',
  'assignment.json',
  'rouge-l.json',
])('%s', (path) => {
  it('agrees with the reference within every tolerance', async () => {
    const comparisons = await comparePath(join(fixtures, path));
    expect(comparisons.length).toBeGreaterThan(0);
    expect(comparisons.filter((comparison) => !passes(comparison))).toEqual([]);
  });
});

describe('a comparison', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parity-'));
    await cp(join(fixtures, 'families/llama'), folder, { recursive: true });
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('fails where a reference value is off by more than the tolerance', async () => {
    const file = join(folder, 'reference.safetensors');
    const { tensors } = await readSafetensors(file);
    const loss = tensors.get('full.loss');
    if (loss === undefined) throw new Error('the fixture has no loss');
    new DataView(loss.bytes.buffer, loss.bytes.byteOffset).setFloat32(0, 1, true);
    await writeFile(file, writeSafetensors(tensors));
    const failed = (await comparePath(folder)).filter((comparison) => !passes(comparison));
    expect(failed.map(({ name }) => name)).toEqual(['full.loss']);
  });

  it('refuses a reference tensor that nothing is compared with', async () => {
    const file = join(folder, 'reference.safetensors');
    const { tensors } = await readSafetensors(file);
    const loss = tensors.get('full.loss');
    if (loss === undefined) throw new Error('the fixture has no loss');
    await writeFile(file, writeSafetensors(new Map([...tensors, ['extra', loss]])));
    await expect(comparePath(folder)).rejects.toThrow('not compared: extra');
  });

  it('refuses a file of no known kind', async () => {
    const file = join(folder, 'other.json');
    await writeFile(file, '[{"x": 1}]');
    await expect(comparePath(file)).rejects.toThrow('neither a model family');
    expect(await readFile(file, 'utf8')).toBe('[{"x": 1}]');
  });
});
