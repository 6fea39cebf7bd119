/**
 * A checkpoint: all that a job needs to be gone on with bit by bit, by any trainer with the same device: amid its steps, or its
 * measurements after them, or those of round 0, which has no steps. A safetensors file with `<part>/<parameter>` tensors; its metadata say whose it is, and how far that job was.
 */
import type { LocalTrainingReport, Moments, TrainingState } from '@fedamole/training';
import type { Parameters } from '@fedamole/mole';
import { float32Tensor, readSafetensors, viewFloat32, writeSafetensors, type Tensor } from '@fedamole/safetensors';
import { z } from 'zod';
import type { Measured } from './measure.js';

type Values = ReadonlyMap<string, Float32Array>;

/** What training came to. `seconds` are those of the steps. */
export interface Trained extends LocalTrainingReport {
  readonly seconds: number;
}

export type Checkpoint =
  | { readonly stage: 'measuring'; readonly measured: Measured }
  | { readonly stage: 'training'; readonly state: TrainingState; readonly seconds: number }
  | { readonly stage: 'trained'; readonly trained: Trained; readonly parameters: Values; readonly measured: Measured };

/** Thrown where a file is no checkpoint of this job. */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';
}

const count = z.int().min(0);
const best = z.strictObject({ step: count, loss: z.number() }).nullable();
const sums = { loss: z.number(), balance: z.number(), tokens: count };
const seconds = z.number().min(0);

const measured = z.strictObject({
  validationLoss: z.number().optional(),
  testLoss: z.number().optional(),
  choiceAccuracy: z.number().nullable().optional(),
  rougeL: z.number().nullable().optional(),
});

const progress = z.discriminatedUnion('stage', [
  z.strictObject({ stage: z.literal('measuring'), measured }),
  z.strictObject({
    stage: z.literal('training'),
    step: z.int().min(1),
    totals: z.strictObject(sums),
    earlyStopping: z.strictObject({ best, withoutImprovement: count }).nullable(),
    seconds,
  }),
  z.strictObject({
    stage: z.literal('trained'),
    trained: z.strictObject({ ...sums, steps: z.int().min(1), best, seconds }),
    measured,
  }),
]);
type Progress = z.infer<typeof progress>;

/** `identity` tells jobs apart: what was kept under another one is never gone on with. */
export function encodeCheckpoint(checkpoint: Checkpoint, identity: string): Uint8Array {
  const tensors = new Map<string, Tensor>();
  const put = (part: string, values: Values): void => {
    for (const [name, elements] of values) tensors.set(`${part}/${name}`, float32Tensor([elements.length], elements));
  };
  if (checkpoint.stage === 'trained') put('parameter', checkpoint.parameters);
  if (checkpoint.stage === 'training') {
    const { parameters, moments, earlyStopping } = checkpoint.state;
    put('parameter', parameters);
    put(
      'first',
      mapped(moments, ({ first }) => first),
    );
    put(
      'second',
      mapped(moments, ({ second }) => second),
    );
    if (earlyStopping?.best) put('best', earlyStopping.best.values);
  }
  return writeSafetensors(tensors, { identity, progress: JSON.stringify(progressOf(checkpoint)) });
}

function progressOf(checkpoint: Checkpoint): Progress {
  if (checkpoint.stage === 'measuring') return checkpoint;
  if (checkpoint.stage === 'trained') {
    const { stage, trained, measured } = checkpoint;
    return { stage, trained, measured };
  }
  const { stage, state, seconds } = checkpoint;
  const { step, totals, earlyStopping } = state;
  const { best = null, withoutImprovement = 0 } = earlyStopping ?? {};
  const evaluated = best && { step: best.step, loss: best.loss };
  return { stage, step, totals, seconds, earlyStopping: earlyStopping && { best: evaluated, withoutImprovement } };
}

/** `parameters` are the job's own, whose names and lengths a checkpoint has to have. Throws a CheckpointError where it differs. */
export function decodeCheckpoint(bytes: Uint8Array, identity: string, parameters: Parameters): Checkpoint {
  const { metadata, tensors } = readSafetensors(bytes, { name: 'checkpoint' });
  if (metadata['identity'] !== identity) {
    throw new CheckpointError('it is of another job, or of one with other settings, data or another device');
  }
  const read = progress.safeParse(parsed(metadata['progress']));
  if (!read.success) throw new CheckpointError(`its progress cannot be read: ${z.prettifyError(read.error)}`);
  const take = (part: string): Map<string, Float32Array> =>
    new Map(
      [...parameters].map(([name, { values }]) => {
        const tensor = tensors.get(`${part}/${name}`);
        if (tensor?.dtype !== 'F32' || tensor.shape.join() !== String(values.length))
          throw new CheckpointError(`it has no tensor ${part}/${name} of ${values.length} float32 elements`);
        return [name, viewFloat32(tensor)];
      }),
    );
  if (read.data.stage === 'measuring') return read.data;
  if (read.data.stage === 'trained') return { ...read.data, parameters: take('parameter') };
  const { step, totals, seconds, earlyStopping } = read.data;
  const [first, second] = [take('first'), take('second')];
  const moments = mapped(first, (values, name): Moments => ({ first: values, second: second.get(name) ?? values }));
  const evaluated = earlyStopping?.best ? { ...earlyStopping.best, values: take('best') } : null;
  const state: TrainingState = {
    step,
    totals,
    parameters: take('parameter'),
    moments,
    earlyStopping: earlyStopping && { ...earlyStopping, best: evaluated },
  };
  return { stage: 'training', state, seconds };
}

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return null;
  }
}

const mapped = <From, To>(from: ReadonlyMap<string, From>, change: (value: From, name: string) => To) =>
  new Map([...from].map(([name, value]) => [name, change(value, name)]));
