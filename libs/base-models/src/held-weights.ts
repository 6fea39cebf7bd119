/**
 * The forms in which a trainer may hold the frozen matrices of a base model. What the model's files do not hold in that form
 * is made once, into a folder beside other models' forms, from where ONNX Runtime maps it into memory.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readSafetensorsHeader, readTensor, writeSafetensors, type Tensor } from '@fedamole/safetensors';
import { commonFolder, locationOf, relocated, type WeightLocation } from './locations.js';
import { ModelFolderError, type Model } from './model-folder.js';
import { INT4_BLOCK, toBfloat16, toInt4, toInt8, type HeldTensors } from './quantize.js';

/**
 * float32: as stored, computed with as float32; bfloat16: half of that, widened at every use; int8: twice in 8 bits, one for
 * each direction of training; int4: blocks of 4 bits.
 */
export const weightForms = ['float32', 'bfloat16', 'int8', 'int4'] as const;
export type WeightForm = (typeof weightForms)[number];

/** Where the parts of a matrix of 8 or 4 bits lie, by the names that `toInt8` and `toInt4` give them. */
export interface QuantizedLocation {
  readonly kind: 'int8' | 'int4';
  readonly parts: ReadonlyMap<string, WeightLocation>;
}

/** Part of every key: raised when the numbers that a form holds change. */
const FORM_VERSION = 2;

const makers: Record<Exclude<WeightForm, 'float32'>, (source: Tensor) => HeldTensors> = {
  bfloat16: toBfloat16,
  int8: toInt8,
  int4: toInt4,
};

export interface HoldOptions {
  /** Where forms are kept; made where it is missing. Its files may be deleted while no engine uses them. */
  readonly folder: string;
  /** Awaited before each matrix that is converted; may throw to stop. */
  readonly onMatrix?: (done: number, total: number) => void | Promise<void>;
}

/**
 * The model with its linear layers' matrices held in another form. Converting is done once for each model and form, also
 * when several processes ask for it at the same time; a conversion that was cut off leaves nothing that is used.
 * Throws ModelFolderError where a matrix has no such form.
 */
export async function holdWeights(model: Model, form: WeightForm, options: HoldOptions): Promise<Model> {
  if (form === 'float32') return model;
  const names = matrixNames(model, form);
  if (form === 'int4') requireWholeBlocks(model, names);
  const kept = join(options.folder, await keyOf(model, form));
  if (!(await isThere(kept))) await convert(model, form, names, kept, options);
  const weightsFolder = commonFolder([model.weightsFolder, kept]);
  const weights = new Map(
    [...model.weights].map(([name, location]) => [name, relocated(location, model.weightsFolder, weightsFolder)]),
  );
  const quantized = new Map<string, QuantizedLocation>();
  for (const name of names) {
    const header = await readSafetensorsHeader(join(kept, fileName(name)));
    const parts = new Map([...header.tensors.keys()].map((part) => [part, locationOf(header, part, weightsFolder)]));
    if (form === 'bfloat16') weights.set(name, parts.get('values') as WeightLocation);
    else quantized.set(name, { kind: form, parts });
  }
  return { ...model, form, weightsFolder, weights, quantized };
}

/** In 8 bits the output layer too, whose products take as long as some layers'; in fewer it would cost too much precision. */
const matrixNames = ({ decoder }: Model, form: WeightForm): string[] => [
  ...decoder.linearModules.map(({ name }) => `${name}.weight`),
  ...(form === 'int8' ? [decoder.outputWeight] : []),
];

const fileName = (weight: string): string => `${weight}.safetensors`;

function requireWholeBlocks({ folder, weights }: Model, names: readonly string[]): void {
  for (const name of names) {
    const columns = weights.get(name)?.shape[1] ?? 0;
    if (columns % INT4_BLOCK === 0) continue;
    throw new ModelFolderError(
      `${folder}: weights cannot be held as int4: ${name} has ${columns} columns, no multiple of ${INT4_BLOCK}`,
    );
  }
}

/** Depends on what the files hold, as far as their sizes and times tell, and not on where they lie. */
async function keyOf(model: Model, form: WeightForm): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([FORM_VERSION, form, [...model.weights]]));
  for (const file of new Set([...model.weights.values()].map(({ file }) => file))) {
    const { size, mtimeMs } = await stat(join(model.weightsFolder, file));
    hash.update(JSON.stringify([file, size, mtimeMs]));
  }
  return hash.digest('hex').slice(0, 32);
}

async function convert(
  model: Model,
  form: Exclude<WeightForm, 'float32'>,
  names: readonly string[],
  kept: string,
  { folder, onMatrix }: HoldOptions,
): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const partial = `${kept}.${randomUUID()}`;
  await mkdir(partial);
  try {
    for (const [index, name] of names.entries()) {
      await onMatrix?.(index, names.length);
      const tensors = makers[form](await readWeight(model, name));
      await writeFile(join(partial, fileName(name)), writeSafetensors(tensors));
    }
    await rename(partial, kept);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    // another process was faster
    if (!['ENOTEMPTY', 'EEXIST'].includes(String((error as NodeJS.ErrnoException).code))) throw error;
  }
}

async function readWeight({ weightsFolder, weights }: Model, name: string): Promise<Tensor> {
  const location = weights.get(name);
  if (location === undefined) throw new Error(`weight ${name} was not located`);
  return readTensor(await readSafetensorsHeader(join(weightsFolder, location.file)), location.storedName);
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
