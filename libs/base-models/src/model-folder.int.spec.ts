import { cp, mkdir, mkdtemp, open, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readSafetensorsHeader, type Tensor } from '@fedamole/safetensors';
import { ModelFolderError, readBaseModel, readModel, type Model } from './model-folder.js';
import {
  llamaFolder,
  llamaTensors,
  quickstartFolder,
  shardName,
  toBfloat16,
  writeConfiguration,
  writeHubCache,
  writeIndex,
  writeLlama,
  writeShardedLlama,
} from './written-models.fixture.js';

let root = '';
let folder = '';
let folders = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'base-models-'));
});
beforeEach(() => {
  folders += 1;
  folder = join(root, `model-${folders}`);
});
afterAll(() => rm(root, { recursive: true }));

const embedding = 'model.embed_tokens.weight';

/** The bytes that a model's locations point at, in base64, by weight. */
async function locatedBytes({ weights, weightsFolder }: Model): Promise<Map<string, string>> {
  const read = [...weights].map(async ([name, { file, offset, length }]) => {
    const handle = await open(join(weightsFolder, file));
    const { buffer } = await handle.read(Buffer.alloc(length), 0, length, offset);
    await handle.close();
    return [name, buffer.toString('base64')] as const;
  });
  return new Map(await Promise.all(read));
}

async function refused(reading: Promise<unknown>): Promise<string> {
  const error = await reading.then(
    () => new Error('it was read'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ModelFolderError);
  return (error as Error).message;
}

describe("a base model's folder", () => {
  it('holds the output layer that the file has, though config.json ties it to the embeddings', async () => {
    await writeLlama(folder);
    await writeConfiguration(folder, { tie_word_embeddings: true });
    const { weights, decoder } = await readModel(folder);
    expect(weights.has('lm_head.weight')).toBe(true);
    expect(decoder.weights.has('lm_head.weight')).toBe(true);
  });

  it('holds tied weights under the name of either', async () => {
    await writeLlama(folder, (tensors) => tensors.delete(embedding));
    await writeConfiguration(folder, { tie_word_embeddings: true });
    const { weights, decoder } = await readModel(folder);
    expect(decoder.outputWeight).toBe(embedding);
    expect(weights.get(embedding)?.storedName).toBe('lm_head.weight');
    await writeConfiguration(folder, { tie_word_embeddings: false });
    expect(await refused(readModel(folder))).toBe(`${folder}: weight ${embedding} is missing`);
  });

  it('is read from one file where an index of others is beside it', async () => {
    await writeLlama(folder);
    await writeFile(join(folder, 'model.safetensors.index.json'), '{}');
    expect((await readModel(folder)).weights.get(embedding)?.file).toBe('model.safetensors');
  });

  it('says where each weight lies, without the weights', async () => {
    const model = await readBaseModel(quickstartFolder);
    const header = await readSafetensorsHeader(join(quickstartFolder, 'model.safetensors'));
    const range = header.tensors.get(embedding);
    expect(model.weights.get(embedding)).toEqual({
      file: 'model.safetensors',
      storedName: embedding,
      offset: header.dataOffset + (range?.begin ?? NaN),
      length: 4096 * 256 * 2,
      dataType: 'bfloat16',
      shape: [4096, 256],
    });
    expect(model.weights.size).toBe(model.decoder.weights.size);
    expect(model.modules).toHaveLength(12);
    expect(model.parameterCount).toBeGreaterThan(5e6);
  });

  it('is read with other layers to adapt than the default ones', async () => {
    const { modules, decoder } = await readModel(llamaFolder, { targets: ['up_proj'] });
    expect(modules.map(({ name }) => name)).toEqual(['model.layers.0.mlp.up_proj', 'model.layers.1.mlp.up_proj']);
    expect((await readModel(llamaFolder)).modules).toEqual(decoder.defaultModules);
    expect((await readBaseModel(quickstartFolder, { targets: 'all-linear' })).modules).toHaveLength(6 * 7);
  });

  it('may hold tensors that the family does not read', async () => {
    await writeLlama(folder, (tensors) => tensors.set('rotary.inv_freq', tensors.get('model.norm.weight') as Tensor));
    expect((await readModel(folder)).weights.has('rotary.inv_freq')).toBe(false);
  });

  it('may hold float32 and bfloat16 side by side', async () => {
    await writeLlama(folder, (tensors) => tensors.set(embedding, toBfloat16(tensors.get(embedding) as Tensor)));
    const { weights } = await readModel(folder);
    expect(weights.get(embedding)?.dataType).toBe('bfloat16');
    expect(weights.get('model.norm.weight')?.dataType).toBe('float32');
  });

  it('gives the same weights from shards as from one file', async () => {
    await writeShardedLlama(folder, 3);
    const sharded = await readModel(folder);
    const files = new Set([...sharded.weights.values()].map(({ file }) => file));
    expect(files).toEqual(new Set([0, 1, 2].map((index) => shardName(index, 3))));
    expect(await locatedBytes(sharded)).toEqual(await locatedBytes(await readModel(llamaFolder)));
    expect(sharded.parameterCount).toBe((await readModel(llamaFolder)).parameterCount);
  });

  it("may be a snapshot of the hub's cache, whose files are links", async () => {
    const snapshot = await writeHubCache(folder, llamaFolder, ['config.json', 'model.safetensors']);
    const linked = await readModel(snapshot);
    expect(await locatedBytes(linked)).toEqual(await locatedBytes(await readModel(llamaFolder)));
  });

  it("may be a snapshot of the hub's cache with its tokenizer, in bfloat16", async () => {
    const snapshot = await writeHubCache(folder, quickstartFolder, [
      'config.json',
      'tokenizer.json',
      'model.safetensors',
    ]);
    const linked = await readBaseModel(snapshot);
    expect(linked.weights.get(embedding)?.dataType).toBe('bfloat16');
    expect(await locatedBytes(linked)).toEqual(await locatedBytes(await readBaseModel(quickstartFolder)));
  });

  it("may be a sharded snapshot of the hub's cache", async () => {
    const sharded = join(folder, 'sharded');
    await writeShardedLlama(sharded, 2);
    const files = ['config.json', 'model.safetensors.index.json', shardName(0, 2), shardName(1, 2)];
    const snapshot = await writeHubCache(join(folder, 'cache'), sharded, files);
    expect(await locatedBytes(await readModel(snapshot))).toEqual(await locatedBytes(await readModel(llamaFolder)));
  });

  it('may have links to shards that lie in folders of their own', async () => {
    const sharded = join(folder, 'sharded');
    await writeShardedLlama(sharded, 2);
    for (const index of [0, 1]) {
      await mkdir(join(folder, `disk${index}`));
      await cp(join(sharded, shardName(index, 2)), join(folder, `disk${index}`, 'blob'));
    }
    for (const index of [0, 1]) {
      await rm(join(sharded, shardName(index, 2)));
      await symlink(join(folder, `disk${index}`, 'blob'), join(sharded, shardName(index, 2)));
    }
    const model = await readModel(sharded);
    expect(new Set([...model.weights.values()].map(({ file }) => file))).toEqual(new Set(['disk0/blob', 'disk1/blob']));
    expect(await locatedBytes(model)).toEqual(await locatedBytes(await readModel(llamaFolder)));
  });
});

describe("a base model's folder is refused", () => {
  it('where it is not there', async () => {
    expect(await refused(readModel(folder))).toBe(`${folder}: no such folder`);
  });

  it('without config.json', async () => {
    await mkdir(folder);
    expect(await refused(readModel(folder))).toBe(`${folder}/config.json: cannot be read (ENOENT)`);
  });

  it('with a config.json that is not JSON', async () => {
    await mkdir(folder);
    await writeFile(join(folder, 'config.json'), '{"model_type": "llama",');
    expect(await refused(readModel(folder))).toMatch(/config\.json: is not valid JSON \(.+\)$/);
  });

  it('of a family that is not built, with what the family may be', async () => {
    await writeConfiguration(folder, { model_type: 'mamba' });
    const message = `${folder}: config.json: model_type is "mamba"; expected "falcon" or "gemma2"`;
    expect(await refused(readModel(folder))).toContain(message);
  });

  it('with a layer to adapt that it does not have', async () => {
    const message = `${llamaFolder}: target "c_attn" is no linear layer; those of llama are q_proj, k_proj`;
    expect(await refused(readModel(llamaFolder, { targets: ['q_proj', 'c_attn'] }))).toContain(message);
  });

  it('without weights', async () => {
    await writeConfiguration(folder);
    const message = `${folder}: neither model.safetensors nor model.safetensors.index.json is there`;
    expect(await refused(readModel(folder))).toBe(message);
  });

  it('without tokenizer.json, where it is to be trained on text', async () => {
    await writeLlama(folder);
    expect(await refused(readBaseModel(folder))).toBe(`${folder}/tokenizer.json: cannot be read (ENOENT)`);
  });

  it('with weights that were cut short', async () => {
    await writeLlama(folder);
    const file = join(folder, 'model.safetensors');
    await truncate(file, (await stat(file)).size - 1);
    expect(await refused(readModel(folder))).toMatch(/model\.safetensors: tensor ".*": ends at byte/);
  });

  it('by the name that a file has in the folder, wherever its link leads', async () => {
    await writeLlama(join(folder, 'model'));
    const snapshot = await writeHubCache(join(folder, 'cache'), join(folder, 'model'), [
      'config.json',
      'model.safetensors',
    ]);
    await truncate(join(folder, 'cache', 'blobs', 'blob1'), 100);
    expect(await refused(readModel(snapshot))).toMatch(`${snapshot}/model.safetensors: header of `);
    await writeConfiguration(snapshot, { vocab_size: 7 });
    await rm(join(snapshot, 'model.safetensors'));
    await symlink(join(folder, 'model', 'model.safetensors'), join(snapshot, 'model.safetensors'));
    expect(await refused(readModel(snapshot))).toMatch(
      `${snapshot}/model.safetensors: weight ${embedding} is [199, 48]`,
    );
  });

  it('with weights whose header was cut short', async () => {
    await writeLlama(folder);
    await truncate(join(folder, 'model.safetensors'), 100);
    expect(await refused(readModel(folder))).toMatch(/model\.safetensors: header of \d+ bytes exceeds the 92/);
  });

  it('with a folder where the weights are due', async () => {
    await writeConfiguration(folder);
    await mkdir(join(folder, 'model.safetensors'));
    expect(await refused(readModel(folder))).toMatch(/model\.safetensors: cannot be read \(EISDIR\)/);
  });

  it('without a weight that the configuration asks for', async () => {
    await writeLlama(folder, (tensors) => tensors.delete('model.layers.1.mlp.up_proj.weight'));
    expect(await refused(readModel(folder))).toBe(`${folder}: weight model.layers.1.mlp.up_proj.weight is missing`);
  });

  it('with a weight of another shape than the configuration makes it', async () => {
    await writeLlama(folder, (tensors) => {
      const { dtype, bytes } = tensors.get(embedding) as Tensor;
      tensors.set(embedding, { dtype, bytes, shape: [48, 199] });
    });
    const message = `${folder}/model.safetensors: weight ${embedding} is [48, 199]; config.json makes it [199, 48]`;
    expect(await refused(readModel(folder))).toBe(message);
  });

  it('with a weight of a type that is not computed with', async () => {
    await writeLlama(folder, (tensors) => {
      tensors.set(embedding, { dtype: 'I8', shape: [199, 48], bytes: new Uint8Array(199 * 48) });
    });
    const message = `${folder}/model.safetensors: weight ${embedding} is I8; supported are F32, BF16, F16`;
    expect(await refused(readModel(folder))).toBe(message);
  });
});

describe('an index of shards is refused', () => {
  it('where it is not JSON', async () => {
    await writeConfiguration(folder);
    await writeFile(join(folder, 'model.safetensors.index.json'), 'weight_map');
    expect(await refused(readModel(folder))).toMatch(/model\.safetensors\.index\.json: is not valid JSON/);
  });

  it.each([undefined, null, 'model.safetensors', {}])('where its weight_map is %p', async (weightMap) => {
    await writeConfiguration(folder);
    await writeIndex(folder, weightMap);
    const message = `${folder}/model.safetensors.index.json: weight_map is missing or empty`;
    expect(await refused(readModel(folder))).toBe(message);
  });

  it('where a shard that it names is not there', async () => {
    await writeShardedLlama(folder, 2);
    await rm(join(folder, shardName(1, 2)));
    expect(await refused(readModel(folder))).toBe(`${join(folder, shardName(1, 2))}: no such file`);
  });

  it.each<[unknown, string]>([
    ['../outside.safetensors', '"../outside.safetensors"'],
    ['../../etc/passwd', '"../../etc/passwd"'],
    ['/outside.safetensors', '"/outside.safetensors"'],
    ['sub/../../outside.safetensors', '"sub/../../outside.safetensors"'],
    ['sub/shard.safetensors', '"sub/shard.safetensors"'],
    ['..\\outside.safetensors', '"..\\\\outside.safetensors"'],
    ['model.safetensors\u0000', '"model.safetensors\\u0000"'],
    ['.', '"."'],
    ['..', '".."'],
    ['', '""'],
    ['x'.repeat(256), `"${'x'.repeat(100)}"...`],
    [7, '7'],
    [null, 'null'],
    [['model.safetensors'], '["model.safetensors"]'],
  ])('where a shard that it names is no name of a file: %j', async (name, quoted) => {
    await writeConfiguration(folder);
    await writeIndex(folder, Object.fromEntries([...(await llamaTensors()).keys()].map((tensor) => [tensor, name])));
    const message = `${folder}/model.safetensors.index.json: shard ${quoted} is no name of a file in the folder`;
    expect(await refused(readModel(folder))).toBe(message);
  });

  it('where its shards lack a weight', async () => {
    await writeShardedLlama(folder, 2);
    const names = [...(await llamaTensors()).keys()].filter((_, index) => index % 2 === 0);
    await writeIndex(folder, Object.fromEntries(names.map((name) => [name, shardName(0, 2)])));
    expect(await refused(readModel(folder))).toMatch(/: weight .* is missing$/);
  });
});
