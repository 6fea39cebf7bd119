import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { holdWeights, readModel, type Model } from '@fedamole/base-models';
import { makeBatch, type Sequence } from './batch.js';
import { describeOrigin, diagnose } from './diagnosis.js';
import { DivergedError } from './diverged-error.js';
import { Engine } from './engine.js';
import { trainLocally } from './local-training.js';
import {
  drawnParameters,
  drawnSequences,
  firstParameters,
  llamaFolder,
  mole,
  padTokenId,
  quickstartModel,
} from './small-models.fixture.js';

const settings = { adapter: mole, balanceWeight: 0.001, dropout: 0.1, threads: 1 };
const seed = (module: string): number => module.length;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'diagnosis-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A model, by default the fixtures' Llama, with one element of one of its weights replaced in the file. */
async function broken(weight: string, element: number, value: number, source = llamaFolder): Promise<Model> {
  const copy = join(folder, `${weight}-${value}`);
  await cp(source, copy, { recursive: true });
  const location = (await readModel(copy)).weights.get(weight);
  if (location === undefined) throw new Error(`no weight ${weight}`);
  const file = join(copy, location.file);
  const bytes = await readFile(file);
  const single = Buffer.alloc(4);
  single.writeFloatLE(value);
  // a bfloat16 is the upper half of a float32
  const element16 = single.subarray(2);
  if (location.dataType === 'float32') single.copy(bytes, location.offset + 4 * element);
  else element16.copy(bytes, location.offset + 2 * element);
  await writeFile(file, bytes);
  return readModel(copy);
}

async function origin(model: Model): Promise<string | null> {
  const engine = new Engine(model, settings);
  const batch = makeBatch(drawnSequences(model, [9, 6]), padTokenId);
  const found = await diagnose(engine, drawnParameters(model, [3]), batch, seed).finally(() => engine.release());
  return found === null ? null : describeOrigin(found);
}

describe('a diagnosis', () => {
  const families = ['falcon-rw', 'gemma2', 'gpt2', 'llama', 'mistral', 'opt', 'opt-350m', 'phi3', 'qwen3'];
  it.each(families)('finds nothing where every number is finite: %s', async (family) => {
    expect(await origin(await readModel(join(dirname(llamaFolder), family)))).toBeNull();
  });

  it.each(['bfloat16', 'int8', 'int4'] as const)('finds nothing where weights are held as %s', async (form) => {
    const model = await holdWeights(await quickstartModel(), form, { folder: join(folder, form) });
    expect(await origin(model)).toBeNull();
  });

  it('names a layer by its weight, whatever the form that it is held in', async () => {
    const { folder: source } = await quickstartModel();
    const broke = await broken('model.layers.2.self_attn.o_proj.weight', 3, Infinity, source);
    const model = await holdWeights(broke, 'bfloat16', { folder: join(folder, 'held') });
    expect(await origin(model)).toBe('the forward pass, at bfloat16Product of model.layers.2.self_attn.o_proj');
  });

  it('names a layer whose weight is stored in bfloat16', async () => {
    const { folder: source } = await quickstartModel();
    const model = await broken('model.layers.3.mlp.up_proj.weight', 3, Infinity, source);
    expect(await origin(model)).toBe('the forward pass, at matmul of model.layers.3.mlp.up_proj');
  });

  it.each([
    ['model.layers.0.self_attn.k_proj', 'matmul'],
    ['model.layers.1.self_attn.q_proj', 'matmul'],
    ['model.layers.1.post_attention_layernorm', 'rmsNormalize'],
    ['model.layers.1.mlp.down_proj', 'matmul'],
  ])('names %s where its weight holds an infinity', async (layer, operation) => {
    const found = `the forward pass, at ${operation} of ${layer}`;
    expect(await origin(await broken(`${layer}.weight`, 3, Infinity))).toBe(found);
    expect(await origin(await broken(`${layer}.weight`, 3, NaN))).toBe(found);
  });

  it('names the parameter that is no number', async () => {
    const model = await readModel(llamaFolder);
    const engine = new Engine(model, settings);
    const parameters = drawnParameters(model, [3]);
    const name = [...parameters.keys()].find((key) => key.endsWith('layers.1.self_attn.v_proj.experts_A')) as string;
    (parameters.get(name)?.values ?? [])[5] = NaN;
    const batch = makeBatch(drawnSequences(model, [9]), padTokenId);
    const found = await diagnose(engine, parameters, batch, seed).finally(() => engine.release());
    expect(found).toMatchObject({ pass: 'forward', layer: name, reads: true });
  });

  it('goes on to the gradients where the forward pass is finite, and names the last layer whose gradient is not', async () => {
    const model = await readModel(llamaFolder);
    // so large a weight of the loss that its gradients overflow while the losses do not
    const engine = new Engine(model, { ...settings, balanceWeight: 1e38, dropout: 0 });
    const parameters = drawnParameters(model, [3]);
    for (const { values } of parameters.values()) values.forEach((value, index) => (values[index] = 20 * value));
    const batch = makeBatch(drawnSequences(model, [9]), padTokenId);
    const found = await diagnose(engine, parameters, batch, seed);
    const { loss, gradients } = await engine.trainingStep(parameters, batch, seed);
    await engine.release();
    expect(Number.isFinite(loss)).toBe(true);
    const failing = [...gradients].filter(([, gradient]) => !gradient.every(Number.isFinite)).map(([name]) => name);
    expect(found).toEqual({ pass: 'backward', parameter: failing.at(-1) });
  });
});

describe('training on weights that hold an infinity', () => {
  it('stops at the step, and names the layer and those examples of the step that it arose on', async () => {
    const whole = await readModel(llamaFolder);
    const drawn = drawnSequences(whole, [8, 9]);
    // only the second example has the token whose embedding is broken
    const token = drawn[1]?.ids[4] as number;
    const width = whole.decoder.weights.get('model.embed_tokens.weight')?.[1] as number;
    const model = await broken('model.embed_tokens.weight', token * width, Infinity);
    const examples = drawn.map((example, index) => ({
      ...example,
      ids: index === 1 ? example.ids : example.ids.map((id) => (id === token ? id + 1 : id)),
      name: `train[${index}]`,
    }));
    const engine = new Engine(model, settings);
    let calls = 0;
    const next = (): Sequence[] => [examples[calls++ % 2] as Sequence];
    const training = { steps: 3, learningRate: 1e-3, padTokenId, randomDropout: () => 0.25, accumulationSteps: 2 };
    const error = await trainLocally(engine, firstParameters(model, 3), next, training)
      .catch((reason: unknown) => reason)
      .finally(() => engine.release());
    expect(error).toBeInstanceOf(DivergedError);
    expect((error as Error).message).toMatch(
      /^step 1 of 3: the loss is NaN; it first arose in the forward pass, at \w+ of model\.embed_tokens; the step's examples are train\[1\]$/,
    );
  });
});
