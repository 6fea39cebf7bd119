/**
 * Foresees whether training fits into memory, before a session is made: activations by the lifetimes of a graph's results,
 * frozen weights by the form that they are held in, and what the optimiser keeps.
 */
import type { Model, WeightForm } from '@fedamole/base-models';
import { emitGraph, peakActivationBytes } from '@fedamole/graph';
import { trainingModel } from './model-graphs.js';
import type { EngineSettings } from './engine.js';
import type { Parameters } from '@fedamole/mole';
import { timeParts } from './time-parts.js';
import { weightLayout } from './weight-layout.js';

/** The largest batch of a training, and what it trains. */
export interface TrainingLoad {
  readonly rows: number;
  /** Tokens of the longest sequence. */
  readonly time: number;
  /** Targets of all rows together. */
  readonly targets: number;
  readonly parameters: Parameters;
}

/** In bytes. */
export interface TrainingMemory {
  readonly weights: number;
  readonly activations: number;
  /** Adapter parameters, their gradients and the optimiser's two moments. */
  readonly optimizer: number;
  /** Node.js and ONNX Runtime themselves. */
  readonly runtime: number;
  readonly total: number;
}

/** Of a process that has trained a model of a few thousand parameters. */
const RUNTIME_BYTES = 250e6;
/** What allocators leave unused, and what making a session takes: processes were seen between 0.8 and 1.1 of the estimate. */
const ALLOWANCE = 1.15;
const FLOAT_BYTES = 4;

export function trainingMemory(
  model: Model,
  settings: EngineSettings,
  { rows, time, targets, parameters }: TrainingLoad,
): TrainingMemory {
  const { adapter, balanceWeight, dropout, recompute = false, device = 'cpu' } = settings;
  const graph = emitGraph(trainingModel(model, adapter, { balanceWeight, dropout: dropout > 0, recompute }), device);
  const symbols = new Map([
    ['batch', rows],
    ...timeParts.sizes(time).map((size, part) => [timeParts.symbols[part] as string, size] as const),
    ['rotary_rows', time],
    ['selected', targets],
  ]);
  for (const { name, shape } of graph.inputs) {
    shape.forEach((dimension, axis) => {
      const size = parameters.get(name)?.shape[axis];
      if (typeof dimension === 'string' && size !== undefined) symbols.set(dimension, size);
    });
  }
  const trained = [...parameters.values()].reduce((sum, { values }) => sum + values.length, 0);
  const weights = weightBytes(model, settings);
  const activations = peakActivationBytes(graph, symbols);
  const optimizer = 4 * trained * FLOAT_BYTES;
  return {
    weights,
    activations,
    optimizer,
    runtime: RUNTIME_BYTES,
    total: ALLOWANCE * (weights + activations + optimizer + RUNTIME_BYTES),
  };
}

/** Bytes of an element in each form: int8 is held for both directions, int4 has scales and is always repacked. */
const formBytes: Record<WeightForm, number> = { float32: 4, bfloat16: 2, int8: 2, int4: 1.25 };
/** How much of that the repacked copies are: of float32 there is one for each direction; those of int8 are wider, and replace it. */
const repackedShare: Record<WeightForm, number> = { float32: 2, bfloat16: 1, int8: 1.5, int4: 1 };

function weightBytes(model: Model, settings: EngineSettings): number {
  const { widened, repacked } = weightLayout(model, 'training', settings);
  const { linearModules, outputWeight } = model.decoder;
  const matrices = new Set(linearModules.map(({ name }) => `${name}.weight`));
  if (model.form === 'int8') matrices.add(outputWeight);
  const sizes = [...model.weights.values()].map(({ shape }) =>
    shape.reduce((product, dimension) => product * dimension, 1),
  );
  // what these forms hold is widened for one product at a time
  let bytes = model.form === 'bfloat16' || model.form === 'int4' ? Math.max(...sizes) * FLOAT_BYTES : 0;
  for (const [name, { shape, dataType, length }] of model.weights) {
    const elements = shape.reduce((product, dimension) => product * dimension, 1);
    if (!matrices.has(name)) bytes += widened && dataType !== 'float32' ? elements * FLOAT_BYTES : length;
    else bytes += elements * formBytes[model.form] * (repacked ? repackedShare[model.form] : 1);
  }
  return bytes;
}

/** Thrown where training would not fit; says what takes how much, and which setting would make it fit. */
export class InsufficientMemoryError extends Error {
  override readonly name = 'InsufficientMemoryError';
}

interface Remedy {
  readonly setting: string;
  readonly settings: EngineSettings;
  readonly load: TrainingLoad;
  readonly form: WeightForm;
}

/** Throws an InsufficientMemoryError where training takes more than `available` bytes. */
export function requireTrainingMemory(
  model: Model,
  settings: EngineSettings,
  load: TrainingLoad,
  available: number,
): void {
  const needed = trainingMemory(model, settings, load);
  if (needed.total <= available) return;
  const remedies = remediesOf(model, settings, load).map(({ setting, ...changed }) => ({
    setting,
    total: trainingMemory({ ...model, form: changed.form }, changed.settings, changed.load).total,
  }));
  const fitting = remedies.find(({ total }) => total <= available);
  throw new InsufficientMemoryError(
    `training takes about ${gigabytes(needed.total)}, and ${gigabytes(available)} are free: frozen weights ` +
      `${gigabytes(needed.weights)} (${model.form}), activations ${gigabytes(needed.activations)} (${load.rows} x ` +
      `${load.time} tokens), adapters and optimiser ${gigabytes(needed.optimizer)}; ` +
      (fitting === undefined
        ? `no setting would make it fit: ${remedies.at(-1)?.setting} would still take ${gigabytes(remedies.at(-1)?.total ?? NaN)}`
        : `it would fit with ${fitting.setting} (${gigabytes(fitting.total)})`),
  );
}

/** From what costs least to what costs most. */
function remediesOf({ form }: Model, settings: EngineSettings, load: TrainingLoad): Remedy[] {
  const recomputing = { ...settings, recompute: true };
  const single = { ...load, rows: 1, targets: Math.ceil(load.targets / load.rows) };
  const recomputed = { setting: 'recomputeActivations', settings: recomputing, load, form };
  const one = {
    setting: 'recomputeActivations and batchSize 1 (gradientAccumulationSteps makes up for it)',
    settings: recomputing,
    load: single,
    form,
  };
  const smaller = (weights: WeightForm): Remedy => ({
    setting: `recomputeActivations, batchSize 1 and weights "${weights}"`,
    settings: recomputing,
    load: single,
    form: weights,
  });
  return [recomputed, one, smaller('bfloat16'), smaller('int4')];
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(bytes < 1e9 ? 2 : 1)} GB`;
