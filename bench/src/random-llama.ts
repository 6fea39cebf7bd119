/** Llamas with random weights of a wanted shape: enough to measure speed and memory. Written by streaming. */
import { once } from 'node:events';
import { createWriteStream, existsSync, mkdirSync, rmSync, writeFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { readDecoder } from '@fedamole/models';
import { seededRandom } from '@fedamole/seeded-random';

export interface LlamaShape {
  readonly hidden_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly num_key_value_heads: number;
  readonly intermediate_size: number;
  readonly vocab_size: number;
  readonly max_position_embeddings: number;
  readonly tie_word_embeddings: boolean;
  readonly rope_parameters: Readonly<Record<string, number | string>>;
  readonly dtype: 'float32' | 'bfloat16';
}

/** 109.5 million parameters. */
export const llama110M: LlamaShape = {
  hidden_size: 768,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  num_key_value_heads: 12,
  intermediate_size: 2048,
  vocab_size: 32000,
  max_position_embeddings: 1024,
  tie_word_embeddings: true,
  rope_parameters: { rope_type: 'default', rope_theta: 10000 },
  dtype: 'float32',
};

/** Many layers of small width: what counts is the number of nodes. */
export const llama48Layers: LlamaShape = {
  ...llama110M,
  hidden_size: 64,
  num_hidden_layers: 48,
  num_attention_heads: 4,
  num_key_value_heads: 4,
  intermediate_size: 128,
  vocab_size: 512,
};

/** The shape of Llama-3.2-1B: 1,236 million parameters. */
export const llama1B: LlamaShape = {
  hidden_size: 2048,
  num_hidden_layers: 16,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  intermediate_size: 8192,
  vocab_size: 128256,
  max_position_embeddings: 131072,
  tie_word_embeddings: true,
  rope_parameters: {
    rope_type: 'llama3',
    rope_theta: 500000,
    factor: 32,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 8192,
  },
  dtype: 'bfloat16',
};

/** Standard deviation of the weights, as transformers initialises a Llama. */
const DEVIATION = 0.02;
/** Elements that are drawn and written at once. */
const CHUNK = 2 ** 20;

/** Writes config.json and model.safetensors into `folder`, unless it is there; the same bytes every time. Returns the folder. */
export async function writeRandomLlama(folder: string, shape: LlamaShape): Promise<string> {
  if (existsSync(folder)) return folder;
  const config = {
    model_type: 'llama',
    architectures: ['LlamaForCausalLM'],
    hidden_act: 'silu',
    rms_norm_eps: 1e-5,
    bos_token_id: 1,
    eos_token_id: 2,
    ...shape,
  };
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  writeFileSync(join(unfinished, 'config.json'), JSON.stringify(config, null, 2));
  await writeWeights(join(unfinished, 'model.safetensors'), readDecoder(config).weights, shape.dtype);
  renameSync(unfinished, folder);
  return folder;
}

async function writeWeights(
  file: string,
  weights: ReadonlyMap<string, readonly number[]>,
  dtype: LlamaShape['dtype'],
): Promise<void> {
  const [name, width] = dtype === 'float32' ? ['F32', 4] : ['BF16', 2];
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let end = 0;
  for (const [weight, shape] of weights) {
    const begin = end;
    end += elements(shape) * Number(width);
    header[weight] = { dtype: name, shape, data_offsets: [begin, end] };
  }
  const json = Buffer.from(JSON.stringify(header));
  const padded = Buffer.concat([json, Buffer.alloc(-json.length & 7, ' ')]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  const stream = createWriteStream(file);
  stream.write(Buffer.concat([length, padded]));
  const draw = uniform();
  for (const shape of weights.values()) {
    const scale = DEVIATION * Math.sqrt(12);
    for (let left = elements(shape); left > 0; left -= CHUNK) {
      // Llama's vectors are the weights of normalisations, about one
      const chunk = new Float32Array(Math.min(left, CHUNK)).fill(1);
      if (shape.length > 1) for (let index = 0; index < chunk.length; index += 1) chunk[index] = scale * draw();
      const bytes = dtype === 'float32' ? bytesOf(chunk) : bytesOf(upperHalves(chunk));
      if (!stream.write(bytes)) await once(stream, 'drain');
    }
  }
  stream.end();
  await finished(stream);
}

const elements = (shape: readonly number[]): number => shape.reduce((product, dimension) => product * dimension, 1);
const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
/** bfloat16 is float32's upper half. (Converted apart from the shift, since `from` with a function takes nine times as long.) */
const upperHalves = (values: Float32Array): Uint16Array =>
  Uint16Array.from(new Uint32Array(values.buffer).map((bits) => bits >>> 16));

/** Uniform numbers in [-0.5, 0.5): xorshift32 (Marsaglia 2003), for a thousand million draws in seconds. */
function uniform(): () => number {
  let state = Math.floor(seededRandom('random-llama')() * 0x7fff_ffff) + 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state / 2 ** 32;
  };
}
