/**
 * Finds where a training step first gave a number that is not finite. The step is taken again, on a graph that says of every
 * intermediate result of the forward pass whether it is finite; where all are, the gradients are looked at in the order in
 * which the backward pass reaches their layers, from the last to the first.
 */
import type { Model } from '@fedamole/base-models';
import { scale, sum, type GraphOutputs, type Tensor } from '@fedamole/graph';
import type { Parameters } from '@fedamole/mole';
import type { Batch } from './batch.js';
import { trainingFeeds, type Engine, type EngineSettings } from './engine.js';
import { forward, targetLoss } from './model-graphs.js';
import { targetPartsOn, wholeOf } from './parts.js';
import { floatsOf, Session } from './session.js';
import { weightLayout } from './weight-layout.js';

export type Origin =
  | {
      readonly pass: 'forward';
      /** The primitive whose result is not finite. */
      readonly operation: string;
      /** The layer or adapter parameter that it reads, or that was read last before it. */
      readonly layer: string;
      readonly reads: boolean;
    }
  | { readonly pass: 'backward'; readonly parameter: string };

export function describeOrigin(origin: Origin): string {
  if (origin.pass === 'backward') return `the backward pass, at the gradient of ${origin.parameter}`;
  return `the forward pass, at ${origin.operation} ${origin.reads ? 'of' : 'after'} ${origin.layer}`;
}

/**
 * Null where every number is finite. Releases the engine's sessions first, which are made again when next used, so that
 * no more memory is needed than for training.
 */
export async function diagnose(
  engine: Engine,
  parameters: Parameters,
  batch: Batch,
  dropoutSeed: (module: string) => number,
): Promise<Origin | null> {
  const { model, settings } = engine;
  const { forwardModel, checks } = diagnosticModel(model, settings);
  await engine.release();
  const session = await Session.create(forwardModel, {
    device: settings.device ?? 'cpu',
    threads: settings.threads,
    weightsFolder: model.weightsFolder,
    layout: weightLayout(model, 'training', settings),
  });
  try {
    const outputs = await session.run(trainingFeeds(engine, session.inputNames, parameters, batch, dropoutSeed));
    const failing = checks.find(({ output }) => floatsOf(outputs[output], output)[0] !== 0);
    if (failing !== undefined) return failing.origin;
  } finally {
    await session.release();
  }
  const { gradients } = await engine.trainingStep(parameters, batch, dropoutSeed);
  const last = [...gradients].reverse().find(([, gradient]) => !gradient.every(Number.isFinite));
  return last === undefined ? null : { pass: 'backward', parameter: last[0] };
}

interface Check {
  /** The name of an output [1] that is 0 where a result is finite, else NaN. */
  readonly output: string;
  readonly origin: Origin;
}

/** The forward pass of training with a check of every result, in the order in which they are computed. */
function diagnosticModel(
  model: Model,
  { adapter, dropout, device = 'cpu' }: EngineSettings,
): { forwardModel: GraphOutputs; checks: readonly Check[] } {
  const { graph, adapters, hidden, weight } = forward(model, adapter, {
    dropout,
    wanted: wholeOf(targetPartsOn(device)),
  });
  targetLoss(graph, model, weight, hidden);
  adapters.balanceLoss();
  const parameters = new Set(adapters.parameters);
  const frozen = new Set(graph.initializers.map(({ tensor }) => tensor));
  const casts = new Map<Tensor, string>();
  /** A weight's name, whatever the form that it is held in, or a parameter's. */
  const weightIn = (tensor: Tensor): string | undefined => {
    const name = tensor.name.replace(/:.*/, '');
    return parameters.has(tensor) || model.weights.has(name) ? name : casts.get(tensor);
  };
  const outputs: Record<string, Tensor> = {};
  const checks: Check[] = [];
  let layer = 'the inputs';
  for (const { primitive, inputs, outputs: results } of [...graph.applications]) {
    const read = inputs.map(weightIn).find((name) => name !== undefined);
    if (inputs.every((input) => frozen.has(input))) {
      for (const result of results) {
        frozen.add(result);
        if (read !== undefined) casts.set(result, read);
      }
      continue;
    }
    if (read !== undefined) layer = read.replace(/\.(weight|bias)$/, '');
    for (const result of results.filter(({ dataType }) => dataType === graph.computeType)) {
      const output = `check_${checks.length}`;
      // 0 times infinity, and 0 times NaN, is NaN
      outputs[output] = sum(scale(result, 0), [...result.shape.keys()]);
      checks.push({ output, origin: { pass: 'forward', operation: primitive, layer, reads: read !== undefined } });
    }
  }
  return { forwardModel: { graph, outputs }, checks };
}
