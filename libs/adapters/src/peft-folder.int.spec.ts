import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { holdExperts, initialisePool } from '@fedamole/mole';
import { readDecoder, type Decoder } from '@fedamole/models';
import { float32Tensor, readSafetensors, toFloat32, writeSafetensors, type Tensor } from '@fedamole/safetensors';
import { encodeAdapter } from './files.js';
import { encodePeftAdapter } from './encode-peft-adapter.js';
import type { LoraAdapter } from './lora-adapter.js';
import { readPeftAdapter, writePeftAdapter } from './peft-folder.js';
import { AdapterFileError } from './take-tensor.js';

const fixture = (path: string): string => fileURLToPath(new URL(`../../../fixtures/${path}`, import.meta.url));
const decoderOf = async (family: string): Promise<Decoder> =>
  readDecoder(JSON.parse(await readFile(fixture(`families/${family}/config.json`), 'utf8')));

let root = '';
let folder = '';
let folders = 0;
let llama: Decoder;
let written: LoraAdapter;
const llamaFolder = fixture('peft/llama-all-linear');
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'peft-'));
  llama = await decoderOf('llama');
  written = await readPeftAdapter(llamaFolder, llama);
});
beforeEach(() => {
  folders += 1;
  folder = join(root, `adapter-${folders}`);
});
afterAll(() => rm(root, { recursive: true }));

const fieldsOf = async (of: string): Promise<Record<string, unknown>> =>
  JSON.parse(await readFile(join(of, 'adapter_config.json'), 'utf8')) as Record<string, unknown>;
const tensorsOf = async (of: string): Promise<Map<string, Tensor>> =>
  (await readSafetensors(join(of, 'adapter_model.safetensors'))).tensors;

describe('an adapter that PEFT wrote', () => {
  it.each([
    ['llama-all-linear', 'llama', 28],
    ['gpt2-conv1d', 'gpt2', 8],
    ['opt-350m-patterns', 'opt-350m', 28],
    ['phi3-expression', 'phi3', 4],
    ['qwen2-layers', 'qwen2', 6],
  ])('is the same after it was read, written and read again: %s', async (name, family, count) => {
    const decoder = await decoderOf(family);
    const adapter = await readPeftAdapter(fixture(`peft/${name}`), decoder);
    expect(adapter.parameters.size).toBe(count);
    await writePeftAdapter(folder, adapter, decoder);
    expect(await readPeftAdapter(folder, decoder)).toEqual(adapter);
    const values = async (of: string) =>
      new Map(
        [...(await tensorsOf(of))].map(([tensor, found]) => [
          tensor,
          { ...found, bytes: toFloat32(found), dtype: 'F32' },
        ]),
      );
    expect(await values(folder)).toEqual(await values(fixture(`peft/${name}`)));
  });

  it('is written as PEFT does', async () => {
    await writePeftAdapter(folder, written, llama);
    const fields = await fieldsOf(folder);
    const theirs = await fieldsOf(llamaFolder);
    expect({ ...theirs, ...fields, target_modules: null }).toEqual({ ...theirs, target_modules: null });
    const ends = ['down_proj', 'gate_proj', 'k_proj', 'o_proj', 'q_proj', 'up_proj', 'v_proj'];
    expect(fields['target_modules']).toEqual(ends);
    expect(await tensorsOf(folder)).toEqual(await tensorsOf(llamaFolder));
    const metadata = (await readSafetensors(join(folder, 'adapter_model.safetensors'))).metadata;
    expect(metadata).toEqual({ format: 'pt' });
  });

  it('has its rank, alpha, dropout, base model and parameters', async () => {
    expect(written.modules).toEqual(llama.linearModules);
    expect(written).toMatchObject({ settings: { rank: 2, alpha: 8 }, dropout: 0.05, baseModel: 'llama' });
    expect([...written.parameters].slice(0, 2).map(([name, { shape }]) => [name, shape])).toEqual([
      ['model.layers.0.self_attn.q_proj.lora_A.weight', [2, 48]],
      ['model.layers.0.self_attn.q_proj.lora_B.weight', [48, 2]],
    ]);
  });

  it('says that weights are stored input first where they are', async () => {
    const gpt2 = await decoderOf('gpt2');
    const adapter = await readPeftAdapter(fixture('peft/gpt2-conv1d'), gpt2);
    expect(JSON.parse(encodePeftAdapter(adapter, gpt2).configuration)).toMatchObject({ fan_in_fan_out: true });
    expect(JSON.parse(encodePeftAdapter(written, llama).configuration)).toMatchObject({ fan_in_fan_out: false });
  });

  it('is the same bytes in whatever order its parameters are', () => {
    const turned = new Map([...written.parameters].reverse());
    expect(encodePeftAdapter({ ...written, parameters: turned }, llama)).toEqual(encodePeftAdapter(written, llama));
  });
});

describe('an adapter is refused', () => {
  async function refused(): Promise<string> {
    const error = await readPeftAdapter(folder, llama).then(
      () => new Error('it was read'),
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(AdapterFileError);
    return (error as Error).message;
  }

  async function write(change: (tensors: Map<string, Tensor>) => void): Promise<void> {
    await writePeftAdapter(folder, written, llama);
    const tensors = await tensorsOf(folder);
    change(tensors);
    await writeFile(join(folder, 'adapter_model.safetensors'), writeSafetensors(tensors));
  }

  const key = 'base_model.model.model.layers.1.mlp.up_proj.lora_A.weight';

  it('without one of its files', async () => {
    expect(await refused()).toBe(`${folder}/adapter_config.json: cannot be read (ENOENT)`);
    await writePeftAdapter(folder, written, llama);
    await rm(join(folder, 'adapter_model.safetensors'));
    expect(await refused()).toBe(`${folder}/adapter_model.safetensors: cannot be read (ENOENT)`);
    await writeFile(join(folder, 'adapter_model.bin'), '');
    expect(await refused()).toBe(
      `${folder}/adapter_model.safetensors: cannot be read (adapter_model.bin is a pickle, which can run code)`,
    );
  });

  it('where its configuration asks for what is not built, with the folder', async () => {
    await writePeftAdapter(folder, written, llama);
    const fields = { ...(await fieldsOf(folder)), use_dora: true };
    await writeFile(join(folder, 'adapter_config.json'), JSON.stringify(fields));
    expect(await refused()).toBe(`${folder}/adapter_config.json: use_dora is true; a LoRA with it is not supported`);
  });

  it('where a tensor is missing', async () => {
    await write((tensors) => tensors.delete(key));
    expect(await refused()).toBe(`${folder}/adapter_model.safetensors: tensor ${key} is missing`);
  });

  it.each([
    'base_model.model.lm_head.lora_A.weight',
    'base_model.model.model.embed_tokens.weight',
    'base_model.model.model.layers.0.mlp.up_proj.lora_magnitude_vector',
    'model.layers.1.mlp.up_proj.lora_A.weight',
  ])('where a tensor is none of its targets: %s', async (name) => {
    await write((tensors) => tensors.set(name, float32Tensor([1], Float32Array.of(1))));
    const message = `tensor ${name} is none of a LoRA on what adapter_config.json targets`;
    expect(await refused()).toBe(`${folder}/adapter_model.safetensors: ${message}`);
  });

  it('where a tensor is of another rank than the configuration says', async () => {
    await write((tensors) => tensors.set(key, float32Tensor([3, 48], new Float32Array(144))));
    expect(await refused()).toContain(`tensor ${key} is F32 [3, 48]; expected F32 or BF16 or F16 [2, 48]`);
  });

  it('where a tensor holds what is no number', async () => {
    await write((tensors) => tensors.set(key, float32Tensor([2, 48], new Float32Array(96).fill(NaN, 5))));
    expect(await refused()).toContain(`tensor ${key} holds NaN at element 5`);
  });

  it('where its tensors are cut short', async () => {
    await writePeftAdapter(folder, written, llama);
    const file = join(folder, 'adapter_model.safetensors');
    await writeFile(file, (await readFile(file)).subarray(0, -1));
    expect(await refused()).toMatch(/adapter_model\.safetensors: .* ends at byte/);
  });

  it("where it is a client's mixture of experts", async () => {
    await writePeftAdapter(folder, written, llama);
    const { held, modules } = mixture();
    const bytes = encodeAdapter(modules, held, { rank: 2, alpha: 4, topK: 1, baseModel: '0'.repeat(64) });
    await writeFile(join(folder, 'adapter_model.safetensors'), bytes);
    expect(await refused()).toContain('the file holds a mixture of experts of a federation; expected a LoRA');
  });
});

/** A client's experts on the default modules. */
function mixture() {
  const modules = llama.defaultModules;
  const pool = initialisePool(modules, { rank: 2, experts: 2 }, () => () => 0.25);
  return { modules, held: holdExperts(pool, Object.fromEntries(modules.map(({ name }) => [name, [0, 1]]))) };
}
