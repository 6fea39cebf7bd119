/** A LoRA that PEFT wrote: what the base model computes with it, the loss, and every LoRA gradient. */
import { join, resolve } from 'node:path';
import { readPeftAdapter } from '@fedamole/adapters';
import { readModel } from '@fedamole/base-models';
import { Engine } from '@fedamole/training';
import { z } from 'zod';
import { relativeDifference, worst, type Comparison } from './comparison.js';
import { allLogits, logitsDifference } from './model-outputs.js';
import { batchTags, readBatch } from './reference-batch.js';
import { readJson, Reference } from './reference.js';

const description = z.object({ peftBaseModel: z.string() });

export async function comparePeft(folder: string): Promise<Comparison[]> {
  const { peftBaseModel } = description.parse(await readJson(join(folder, 'reference.json')));
  const model = await readModel(resolve(folder, peftBaseModel));
  const { modules, settings, parameters } = await readPeftAdapter(folder, model.decoder);
  const adapter = { kind: 'lora', ...settings } as const;
  const engine = new Engine({ ...model, modules }, { adapter, balanceWeight: 0, dropout: 0, threads: 1 });
  const reference = await Reference.read(join(folder, 'reference.safetensors'));
  const comparisons: Comparison[] = [];
  for (const tag of batchTags(reference)) {
    const { batch, attended } = readBatch(reference, tag);
    const logits = await allLogits(engine, parameters, batch);
    const expected = reference.floats(`${tag}.logits`);
    const difference = logitsDifference(logits, expected, attended, model.decoder.vocabularySize);
    comparisons.push(worst(`${tag}.logits`, [difference], 1e-4));
    const step = await engine.trainingStep(parameters, batch, () => 1);
    const [loss] = reference.floats(`${tag}.loss`);
    comparisons.push(worst(`${tag}.loss`, [Math.abs(step.loss - (loss as number))], 1e-4));
    const errors = [...step.gradients].map(([name, gradient]) =>
      relativeDifference(gradient, reference.floats(`${tag}.grad.${name}`)),
    );
    comparisons.push(worst(`${tag}.grad (${errors.length} tensors)`, errors, 1e-3));
  }
  reference.requireAllCompared();
  await engine.release();
  return comparisons;
}
