import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readModel } from '@fedamole/base-models';
import { readSafetensors, toFloat32 } from '@fedamole/safetensors';
import { llama48Layers, llama110M, llama1B, writeRandomLlama } from './random-llama.js';
import { parameterCount, readDecoder } from '@fedamole/models';

const small = { ...llama48Layers, num_hidden_layers: 2 };
const folder = (): string => join(mkdtempSync(join(tmpdir(), 'llama-')), 'model');

describe('a random Llama', () => {
  it('is a base model whose matrices have deviation 0.02 and whose normalisations are one', async () => {
    const model = await readModel(await writeRandomLlama(folder(), small));
    const { tensors } = await readSafetensors(join(model.folder, 'model.safetensors'));
    const matrix = toFloat32(tensors.get('model.layers.1.mlp.up_proj.weight') as never);
    const deviation = Math.sqrt(matrix.reduce((sum, value) => sum + value * value, 0) / matrix.length);
    expect(deviation).toBeCloseTo(0.02, 3);
    expect(new Set(toFloat32(tensors.get('model.norm.weight') as never))).toEqual(new Set([1]));
  });

  it('has the same bytes every time', async () => {
    const bytes = async (): Promise<Buffer> =>
      readFileSync(join(await writeRandomLlama(folder(), small), 'model.safetensors'));
    expect((await bytes()).equals(await bytes())).toBe(true);
  });

  it('is the same in bfloat16, cut off', async () => {
    const read = async (dtype: 'float32' | 'bfloat16') => {
      const file = join(await writeRandomLlama(folder(), { ...small, dtype }), 'model.safetensors');
      return toFloat32((await readSafetensors(file)).tensors.get('model.embed_tokens.weight') as never);
    };
    const [whole, half] = [await read('float32'), await read('bfloat16')];
    expect(half.every((value, index) => Math.abs(value - (whole[index] as number)) <= Math.abs(value) / 128)).toBe(
      true,
    );
  });

  it('has as many parameters as its name says', () => {
    const count = (shape: object): number =>
      parameterCount(readDecoder({ model_type: 'llama', rms_norm_eps: 1e-5, hidden_act: 'silu', ...shape }));
    expect(count(llama110M)).toBe(109_529_856);
    expect(count(llama1B)).toBe(1_235_814_400);
  });
});
