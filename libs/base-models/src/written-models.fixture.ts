/** Model folders for tests: the small random Llama of the fixtures, taken apart and written again. */
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSafetensors, writeSafetensors, type Tensor } from '@fedamole/safetensors';

export const llamaFolder = fileURLToPath(new URL('../../../fixtures/families/llama', import.meta.url));
export const quickstartFolder = fileURLToPath(new URL('../../../examples/quickstart/model', import.meta.url));

export async function llamaTensors(): Promise<Map<string, Tensor>> {
  return (await readSafetensors(join(llamaFolder, 'model.safetensors'))).tensors;
}

/** Copies the Llama's config.json; `changes` are laid over it. */
export async function writeConfiguration(folder: string, changes: Record<string, unknown> = {}): Promise<void> {
  await mkdir(folder, { recursive: true });
  const config = JSON.parse(await readFile(join(llamaFolder, 'config.json'), 'utf8')) as Record<string, unknown>;
  await writeFile(join(folder, 'config.json'), JSON.stringify({ ...config, ...changes }));
}

/** The Llama with its tensors in one file, after `change` was applied to them. */
export async function writeLlama(
  folder: string,
  change: (tensors: Map<string, Tensor>) => void = () => undefined,
): Promise<void> {
  await writeConfiguration(folder);
  const tensors = await llamaTensors();
  change(tensors);
  await writeFile(join(folder, 'model.safetensors'), writeSafetensors(tensors));
}

export const shardName = (index: number, count: number): string =>
  `model-${String(index + 1).padStart(5, '0')}-of-${String(count).padStart(5, '0')}.safetensors`;

/** The Llama with its tensors dealt to `count` shards by turns, and the index of Hugging Face's writer. */
export async function writeShardedLlama(folder: string, count: number): Promise<void> {
  await writeConfiguration(folder);
  const shards = Array.from({ length: count }, () => new Map<string, Tensor>());
  const weightMap: Record<string, string> = {};
  [...(await llamaTensors())].forEach(([name, tensor], index) => {
    shards[index % count]?.set(name, tensor);
    weightMap[name] = shardName(index % count, count);
  });
  for (const [index, shard] of shards.entries()) {
    await writeFile(join(folder, shardName(index, count)), writeSafetensors(shard));
  }
  await writeIndex(folder, weightMap);
}

export async function writeIndex(folder: string, weightMap: unknown): Promise<void> {
  const index = { metadata: { total_size: 0 }, weight_map: weightMap };
  await writeFile(join(folder, 'model.safetensors.index.json'), JSON.stringify(index));
}

/** A folder as the Hugging Face hub's cache has it: `snapshots/<revision>` of relative links into `blobs`. */
export async function writeHubCache(root: string, source: string, files: readonly string[]): Promise<string> {
  const snapshot = join(root, 'snapshots', 'revision');
  await mkdir(snapshot, { recursive: true });
  await mkdir(join(root, 'blobs'));
  for (const [index, file] of files.entries()) {
    await cp(join(source, file), join(root, 'blobs', `blob${index}`));
    await symlink(`../../blobs/blob${index}`, join(snapshot, file));
  }
  return snapshot;
}

/** The same numbers in bfloat16, rounded to nearest, ties to even. */
export function toBfloat16({ shape, bytes }: Tensor): Tensor {
  const bits = new Uint32Array(new Uint8Array(bytes).buffer);
  const halves = Uint16Array.from(bits, (value) => (value + 0x7fff + ((value >>> 16) & 1)) >>> 16);
  return { dtype: 'BF16', shape, bytes: new Uint8Array(halves.buffer) };
}
