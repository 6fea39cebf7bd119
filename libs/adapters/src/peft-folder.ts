/** A plain LoRA as a folder that PEFT's `save_pretrained` writes and its `from_pretrained` reads. */
import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Decoder } from '@fedamole/models';
import { decodePeftAdapter } from './decode-peft-adapter.js';
import { encodePeftAdapter } from './encode-peft-adapter.js';
import { CONFIGURATION_FILE, WEIGHTS_FILE, type LoraAdapter } from './lora-adapter.js';
import { AdapterFileError } from './take-tensor.js';

/** Reads a folder's LoRA for a decoder. Throws AdapterFileError naming the file and what is wrong or not supported. */
export async function readPeftAdapter(folder: string, decoder: Decoder): Promise<LoraAdapter> {
  const configuration = (await readAdapterFile(folder, CONFIGURATION_FILE)).toString('utf8');
  const weights = await readAdapterFile(folder, WEIGHTS_FILE);
  try {
    return decodePeftAdapter({ configuration, weights }, decoder);
  } catch (error) {
    if (error instanceof AdapterFileError) throw new AdapterFileError(join(folder, error.message));
    throw error;
  }
}

/** Writes a LoRA into a folder, which is made where it is missing; an adapter that lies there is replaced. */
export async function writePeftAdapter(folder: string, adapter: LoraAdapter, decoder: Decoder): Promise<void> {
  const { configuration, weights } = encodePeftAdapter(adapter, decoder);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, WEIGHTS_FILE), weights);
  await writeFile(join(folder, CONFIGURATION_FILE), configuration);
}

async function readAdapterFile(folder: string, name: string): Promise<Buffer> {
  const file = join(folder, name);
  try {
    return await readFile(file);
  } catch (error) {
    const pickled = await access(join(folder, 'adapter_model.bin')).then(
      () => name === WEIGHTS_FILE,
      () => false,
    );
    const reason = pickled
      ? 'adapter_model.bin is a pickle, which can run code'
      : (error as NodeJS.ErrnoException).code;
    throw new AdapterFileError(`${file}: cannot be read (${reason})`);
  }
}
