/** MoLE modules with different experts: logits, losses, gradients, mean embeddings and routed experts. */
import { join } from 'node:path';
import { readModel } from '@fedamole/base-models';
import {
  stackParameters,
  unstackParameters,
  type AdaptedLinear,
  type HeldModules,
  type Parameters,
} from '@fedamole/mole';
import { Engine, type Evaluation } from '@fedamole/training';
import { z } from 'zod';
import { relativeDifference, worst, type Comparison } from './comparison.js';
import { allLogits, logitsDifference } from './model-outputs.js';
import { batchTags, readBatch, type ReferenceBatch } from './reference-batch.js';
import { readJson, Reference } from './reference.js';

const description = z.object({
  r: z.number(),
  alpha: z.number(),
  top_k: z.number(),
  balance_weight: z.number(),
  experts: z.record(z.string(), z.array(z.number())),
});
type Description = z.infer<typeof description>;

export async function compareMole(folder: string): Promise<Comparison[]> {
  const model = await readModel(join(folder, 'model'));
  const described = description.parse(await readJson(join(folder, 'reference.json')));
  const modules = model.modules.filter(({ name }) => name in described.experts);
  const comparisons: Comparison[] = [];
  const single = await Reference.read(join(folder, 'reference.safetensors'));
  const double = await Reference.read(join(folder, 'reference64.safetensors'), single);
  for (const reference of [single, double]) {
    const parameters = stackParameters(modules, readHeld(reference, modules, described), described.r);
    const adapter = { kind: 'mole', rank: described.r, alpha: described.alpha, topK: described.top_k } as const;
    const engine = new Engine(
      { ...model, modules },
      { adapter, balanceWeight: described.balance_weight, dropout: 0, threads: 1 },
    );
    for (const tag of batchTags(reference)) {
      comparisons.push(...(await compareBatch(engine, parameters, reference, tag, described)));
    }
    reference.requireAllCompared();
    await engine.release();
  }
  if (double.replacedCount > 0) {
    const title = `float64: ${double.replacedCount} reference tensors hold NaN; compared with their float32 twins, missing`;
    comparisons.push(worst(title, [0], 0));
  }
  return comparisons;
}

function readHeld(reference: Reference, modules: readonly AdaptedLinear[], { experts }: Description): HeldModules {
  return new Map(
    modules.map(({ name }) => {
      const held = experts[name] as number[];
      const tensor = (part: string): Float32Array => reference.singles(`param.${name}.${part}`);
      return [
        name,
        {
          held,
          experts: held.map((_, index) => ({ a: tensor(`A.${index}`), b: tensor(`B.${index}`) })),
          shared: { a: tensor('shared_A'), b: tensor('shared_B') },
          tokenProjection: tensor('token_proj'),
        },
      ];
    }),
  );
}

async function compareBatch(
  engine: Engine,
  parameters: Parameters,
  reference: Reference,
  tag: string,
  { r: rank, experts, top_k: topK }: Description,
): Promise<Comparison[]> {
  const read = readBatch(reference, tag);
  const { modules, decoder } = engine.model;
  const title = (name: string): string => `${reference.file.includes('64') ? 'float64 ' : ''}${tag}.${name}`;
  const logits = logitsDifference(
    await allLogits(engine, parameters, read.batch),
    reference.floats(`${tag}.logits`),
    read.attended,
    decoder.vocabularySize,
  );
  const step = await engine.trainingStep(parameters, read.batch, () => 1);
  const difference = (name: string, actual: number): number =>
    Math.abs(actual - (reference.floats(`${tag}.${name}`)[0] as number));
  const shaped: Parameters = new Map(
    [...parameters].map(([name, { shape }]) => [name, { shape, values: step.gradients.get(name) as Float32Array }]),
  );
  const gradients = unstackParameters(modules, shaped, experts, rank);
  const evaluation = await engine.evaluate(parameters, read.batch);
  const gradientErrors = modules.flatMap(({ name }) => {
    const module = gradients.get(name);
    if (module === undefined) throw new Error(`module ${name} has no gradients`);
    const error = (actual: Float32Array, part: string): number =>
      relativeDifference(actual, reference.floats(`${tag}.grad.${name}.${part}`));
    return [
      error(module.shared.a, 'shared_A'),
      error(module.shared.b, 'shared_B'),
      error(module.tokenProjection, 'token_proj'),
      ...module.experts.flatMap(({ a, b }, index) => [error(a, `A.${index}`), error(b, `B.${index}`)]),
    ];
  });
  const embeddingErrors = modules.flatMap(({ name }) => {
    const routing = evaluation.routing.get(name);
    if (routing === undefined) throw new Error(`module ${name} was not routed`);
    return [
      relativeDifference(routing.token, reference.floats(`${tag}.${name}.mean_token_embedding`)),
      relativeDifference(routing.experts, reference.floats(`${tag}.${name}.mean_expert_embeddings`)),
    ];
  });
  const misrouted = modules.reduce(
    (count, { name }) =>
      count + misroutedTokens(evaluation, reference, tag, name, read, experts[name]?.length ?? 0, topK),
    0,
  );
  return [
    worst(title('logits'), [logits], 1e-4),
    worst(title('loss'), [difference('loss', step.loss)], 1e-4),
    worst(title('balance'), [difference('balance', step.balance)], 1e-5),
    worst(title(`grad (${gradientErrors.length} tensors)`), gradientErrors, 1e-3),
    worst(title(`mean embeddings (${embeddingErrors.length} tensors)`), embeddingErrors, 1e-3),
    worst(title('tokens routed elsewhere'), [misrouted], 0),
  ];
}

function misroutedTokens(
  evaluation: Evaluation,
  reference: Reference,
  tag: string,
  module: string,
  { attended }: ReferenceBatch,
  heldCount: number,
  topK: number,
): number {
  const chosen = evaluation.routing.get(module)?.chosen ?? new Float32Array(0);
  const expected = reference.integers(`${tag}.${module}.top`);
  return attended.filter((position) => {
    const wanted = expected.slice(position * topK, (position + 1) * topK);
    return !wanted.every((expert) => chosen[position * heldCount + expert] === 1);
  }).length;
}
