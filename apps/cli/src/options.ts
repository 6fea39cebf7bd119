/** The quickstart's options, each checked before anything starts. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { FederationConfigurationInput } from '@fedamole/federation';
import { readTrainingOptions, trainingArguments, trainingUsage } from './training-options.js';
import { UsageError } from './usage-error.js';

export interface QuickstartOptions {
  /** A folder of client folders, or of Natural Instructions task files; null for the examples that ship with the product. */
  readonly data: string | null;
  /** Folder of a base model in Hugging Face's form; null for the one that ships with the product. */
  readonly model: string | null;
  /** How many clients, the first by name; null for all. */
  readonly clients: number | null;
  readonly rounds: number;
  readonly steps: number;
  readonly batchSize: number;
  readonly learningRate: number;
  /** What else is asked of training. */
  readonly training: FederationConfigurationInput;
  readonly seed: number;
  readonly trainers: number;
  readonly port: number | null;
  readonly keep: boolean;
  readonly fresh: boolean;
}

export const usage = `npm run quickstart -- [options]

  --data DIR              client data: a folder of <client>/*.jsonl, or of Natural Instructions *.json tasks (one a client)
  --model DIR             folder of a base model in Hugging Face's form
  --clients N             only the first N clients by name
  --rounds N              rounds of local training and aggregation (4)
  --steps N               optimiser steps of a client per round (50)
  --batch-size N          examples a batch (4)
  --learning-rate X       of the first round (0.005)
${trainingUsage}
  --seed N                the same seed gives the same adapters, digest by digest (1)
  --trainers N            trainer processes (2)
  --port N                port of the API (any free one)
  --fresh                 cancel an unfinished federation with other settings instead of refusing to start beside it
  --keep                  leave everything running; "npm run stop" ends it
  --help                  this text
`;

/** Null where only the usage was asked for. */
export function readOptions(argv: readonly string[]): QuickstartOptions | null {
  const { values } = parse(argv);
  if (values.help === true) return null;
  return {
    data: path(values.data),
    model: path(values.model),
    clients: values.clients === undefined ? null : wholeNumber('--clients', values.clients, 2, 1000),
    rounds: wholeNumber('--rounds', values.rounds, 1, 10_000),
    steps: wholeNumber('--steps', values.steps, 1, 1_000_000),
    batchSize: wholeNumber('--batch-size', values['batch-size'], 1, 1024),
    learningRate: positiveNumber('--learning-rate', values['learning-rate'], 1),
    training: readTrainingOptions(values),
    seed: wholeNumber('--seed', values.seed, 0, 0xffff_ffff),
    trainers: wholeNumber('--trainers', values.trainers, 1, 64),
    port: values.port === undefined ? null : wholeNumber('--port', values.port, 1, 65_535),
    keep: values.keep === true,
    fresh: values.fresh === true,
  };
}

/** npm changes to the repository's root; a path is meant from where the command was typed. */
function path(text: string | undefined): string | null {
  return text === undefined ? null : resolve(process.env['INIT_CWD'] ?? '.', text);
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      strict: true,
      options: {
        data: { type: 'string' },
        model: { type: 'string' },
        clients: { type: 'string' },
        rounds: { type: 'string', default: '4' },
        steps: { type: 'string', default: '50' },
        'batch-size': { type: 'string', default: '4' },
        'learning-rate': { type: 'string', default: '0.005' },
        ...trainingArguments,
        seed: { type: 'string', default: '1' },
        trainers: { type: 'string', default: '2' },
        port: { type: 'string' },
        keep: { type: 'boolean' },
        fresh: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  }
}

function wholeNumber(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most) {
    throw new UsageError(`${option} is "${text}": expected a whole number from ${least} to ${most}`);
  }
  return value;
}

function positiveNumber(option: string, text: string, most: number): number {
  const value = Number(text);
  if (text.trim() === '' || !(value > 0 && value <= most)) {
    throw new UsageError(`${option} is "${text}": expected a number above 0, at most ${most}`);
  }
  return value;
}
