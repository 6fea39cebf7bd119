/**
 * A base model's folder in Hugging Face's form: config.json, model.safetensors (or shards with an index) and
 * tokenizer.json. Only headers are read: the weights stay in the file, from where ONNX Runtime maps them into memory.
 */
import { access, readFile, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  parameterCount,
  readDecoder,
  selectModules,
  UnsupportedModelError,
  type Decoder,
  type LinearModule,
  type Targets,
} from '@fedamole/models';
import { readSafetensorsHeader, SafetensorsError, shown, type SafetensorsHeader } from '@fedamole/safetensors';
import type { QuantizedLocation, WeightForm } from './held-weights.js';
import { commonFolder, locationOf, type WeightLocation } from './locations.js';

/** Thrown where a model's folder is missing, incomplete, malformed or of a kind that is not supported; says what and where. */
export class ModelFolderError extends Error {
  override readonly name = 'ModelFolderError';
}

export interface Model {
  readonly folder: string;
  readonly decoder: Decoder;
  /** The adapted linear layers. */
  readonly modules: readonly LinearModule[];
  readonly parameterCount: number;
  readonly weightsFolder: string;
  /** The weights as the model's files hold them, or in bfloat16 where `form` says so. */
  readonly weights: ReadonlyMap<string, WeightLocation>;
  /** How the linear layers' matrices are held. */
  readonly form: WeightForm;
  /** Those that are held in 8 or 4 bits, by the weight's name; products use these instead. */
  readonly quantized: ReadonlyMap<string, QuantizedLocation>;
}

const weightTypes = ['F32', 'BF16', 'F16'];

export interface ModelOptions {
  /** The linear layers that are adapted; PEFT's default ones of the family unless given. */
  readonly targets?: Targets;
}

/** Reads a model that can be fine-tuned on text: with its tokenizer. Throws ModelFolderError. */
export async function readBaseModel(folder: string, options: ModelOptions = {}): Promise<Model> {
  const model = await readModel(folder, options);
  await readText(join(folder, 'tokenizer.json'));
  return model;
}

/** Reads a model's configuration and where its weights lie; needs no tokenizer. Throws ModelFolderError. */
export async function readModel(folder: string, { targets }: ModelOptions = {}): Promise<Model> {
  await access(folder).catch(() => {
    throw new ModelFolderError(`${folder}: no such folder`);
  });
  const configFile = join(folder, 'config.json');
  const config = await readJson(configFile);
  const declared = translate(folder, () => readDecoder(config));
  const shards = await readShards(folder);
  const [hasOutput, hasTied] = [holds(shards, OUTPUT_LAYER), holds(shards, declared.outputWeight)];
  // an output layer that is there is used, whatever config.json says: tied ones are equal, and stored once or twice
  const decoder = hasOutput && hasTied ? readDecoder({ ...(config as object), tie_word_embeddings: false }) : declared;
  // and once may be under the other's name
  const storedName = (name: string): string =>
    hasOutput && !hasTied && name === declared.outputWeight ? OUTPUT_LAYER : name;
  const modules =
    targets === undefined ? decoder.defaultModules : translate(folder, () => selectModules(decoder, targets));
  const weightsFolder = commonFolder(shards.map(({ header }) => dirname(header.file)));
  const weights = new Map<string, WeightLocation>();
  for (const [name, shape] of decoder.weights) {
    weights.set(name, locate(folder, shards, storedName(name), shape, weightsFolder));
  }
  return {
    folder,
    decoder,
    modules,
    parameterCount: parameterCount(decoder),
    weightsFolder,
    weights,
    form: 'float32',
    quantized: new Map(),
  };
}

/** A file of weights: as the model's folder names it, and where its links lead. */
interface Shard {
  readonly name: string;
  readonly header: SafetensorsHeader;
}

const OUTPUT_LAYER = 'lm_head.weight';

/** Some published checkpoints hold the bare model: their names lack the first part, such as GPT-2's `transformer`. */
const spellings = (name: string): string[] =>
  name === OUTPUT_LAYER ? [name] : [name, name.slice(name.indexOf('.') + 1)];

const holds = (shards: readonly Shard[], name: string): boolean =>
  shards.some(({ header }) => spellings(name).some((spelling) => header.tensors.has(spelling)));

function locate(
  folder: string,
  shards: readonly Shard[],
  name: string,
  shape: readonly number[],
  weightsFolder: string,
): WeightLocation {
  const found = shards.flatMap(({ name: file, header }) =>
    spellings(name).flatMap((spelling) => (header.tensors.has(spelling) ? [{ file, header, spelling }] : [])),
  )[0];
  if (found === undefined) throw new ModelFolderError(`${folder}: weight ${name} is missing`);
  const { file, header, spelling } = found;
  const dtype = header.tensors.get(spelling)?.dtype ?? '';
  if (!weightTypes.includes(dtype)) {
    throw new ModelFolderError(`${file}: weight ${name} is ${dtype}; supported are ${weightTypes.join(', ')}`);
  }
  const location = locationOf(header, spelling, weightsFolder);
  if (location.shape.join() !== shape.join()) {
    throw new ModelFolderError(
      `${file}: weight ${name} is [${location.shape.join(', ')}]; config.json makes it [${shape.join(', ')}]`,
    );
  }
  return location;
}

/** The headers of model.safetensors, or where there is none of every shard that model.safetensors.index.json names; links are followed. */
async function readShards(folder: string): Promise<Shard[]> {
  const index = join(folder, 'model.safetensors.index.json');
  const single = join(folder, 'model.safetensors');
  const sharded = !(await exists(single));
  if (sharded && !(await exists(index))) {
    throw new ModelFolderError(`${folder}: neither model.safetensors nor model.safetensors.index.json is there`);
  }
  const files = sharded ? shardFiles(folder, index, await readJson(index)) : [single];
  return Promise.all(
    files.map(async (file) => {
      const path = await realpath(file).catch(() => {
        throw new ModelFolderError(`${file}: no such file`);
      });
      try {
        return { name: file, header: await readSafetensorsHeader(path) };
      } catch (error) {
        if (error instanceof SafetensorsError) throw new ModelFolderError(error.message.replace(path, file));
        throw new ModelFolderError(`${file}: cannot be read (${(error as NodeJS.ErrnoException).code})`);
      }
    }),
  );
}

function shardFiles(folder: string, index: string, contents: unknown): string[] {
  const map = (contents as { weight_map?: unknown } | null)?.weight_map;
  const shards = typeof map === 'object' && map !== null ? Object.values(map as Record<string, unknown>) : [];
  if (shards.length === 0) throw new ModelFolderError(`${index}: weight_map is missing or empty`);
  const names = [...new Set(shards)].map((name) => {
    if (isFileName(name)) return name;
    throw new ModelFolderError(`${index}: shard ${shown(name)} is no name of a file in the folder`);
  });
  return names.sort().map((name) => join(folder, name));
}

/**
 * An index came with the model: what it names may not lead out of the folder, so that it has no separator of any system and is
 * no step upwards. Links in the folder are its operator's, who may have them lead anywhere, as a hub's cache does.
 */
const isFileName = (name: unknown): name is string =>
  typeof name === 'string' && name.length <= 255 && /^[^/\\\0]+$/.test(name) && name !== '.' && name !== '..';

function translate<T>(folder: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof UnsupportedModelError) throw new ModelFolderError(`${folder}: ${error.message}`);
    throw error;
  }
}

async function readJson(file: string): Promise<unknown> {
  const text = await readText(file);
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new ModelFolderError(`${file}: is not valid JSON (${(error as Error).message})`);
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new ModelFolderError(`${file}: cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
