/** What a benchmark is told on its command line. */
import { parseArgs } from 'node:util';
import { devices, type Device } from '@fedamole/training';
import { BenchmarkError } from './benchmark-error.js';

export interface Options {
  /** Threads of each side. */
  readonly threads: number;
  /** What steps and decoding are computed on, by both sides. */
  readonly device: Device;
  /** Measured turns of each side. */
  readonly turns: number;
  /** The only form of the rival that is tried; null for all. */
  readonly rivalForm: string | null;
  /** The only form of ours that is tried; null for all. */
  readonly form: string | null;
  /** Where real examples lie; null for the default. */
  readonly data: string | null;
  /** Where the large model is written; null for the state folder. */
  readonly folder: string | null;
  /** Leaves the large model where it was written. */
  readonly keep: boolean;
  /** Shows where the time of our side goes, and measures nothing else. */
  readonly profile: boolean;
}

export const usage = `options:
  --threads N        threads of each side (2)
  --device NAME      steps and decoding: cpu, webgpu or cuda (cpu); the rival takes CUDA for both of the latter
  --turns N          measured turns of each side (5)
  --rival-form NAME  try this form of the rival only, such as "PyTorch bfloat16, eager"
  --form NAME        try this form of ours only, such as "float32"
  --data DIR         real examples: a folder of Natural Instructions tasks, or of <client>/*.jsonl
  --folder DIR       where "large" writes its model (.fedamole/bench)
  --keep             leave that model there
  --profile          steps and decoding: where the time of our side goes, by operator`;

/** @throws BenchmarkError naming the option and its value. */
export function parseOptions(args: readonly string[]): { readonly name: string | null; readonly options: Options } {
  const { values, positionals } = parsed(args);
  if (positionals.length > 1) throw new BenchmarkError(`one benchmark at a time, not ${positionals.join(' ')}`);
  return {
    name: positionals[0] ?? null,
    options: {
      threads: count('--threads', values.threads, 2),
      device: device(values.device ?? 'cpu'),
      turns: count('--turns', values.turns, 5),
      rivalForm: values['rival-form'] ?? null,
      form: values.form ?? null,
      data: values.data ?? null,
      folder: values.folder ?? null,
      keep: values.keep ?? false,
      profile: values.profile ?? false,
    },
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        threads: { type: 'string' },
        device: { type: 'string' },
        turns: { type: 'string' },
        'rival-form': { type: 'string' },
        form: { type: 'string' },
        data: { type: 'string' },
        folder: { type: 'string' },
        keep: { type: 'boolean' },
        profile: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new BenchmarkError(`${(error as Error).message}\n${usage}`);
  }
}

function device(text: string): Device {
  const known = devices.find((name) => name === text);
  if (known === undefined) throw new BenchmarkError(`--device is ${text}: use one of ${devices.join(', ')}`);
  return known;
}

function count(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (!/^[1-9][0-9]{0,3}$/.test(text))
    throw new BenchmarkError(`${name} is ${text}: use a whole number from 1 to 9999`);
  return Number(text);
}
