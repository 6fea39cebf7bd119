/** A model family: base logits, LoRA logits, loss, every LoRA gradient and a greedy continuation. */
import { join } from 'node:path';
import { readModel } from '@fedamole/base-models';
import type { Parameters } from '@fedamole/mole';
import { Engine, generate } from '@fedamole/training';
import { z } from 'zod';
import { relativeDifference, worst, type Comparison } from './comparison.js';
import { allLogits, logitsDifference } from './model-outputs.js';
import { batchTags, readBatch } from './reference-batch.js';
import { referenceContinuation, withReferenceBiases, withReferencePositions } from './reference-habits.js';
import { readJson, Reference } from './reference.js';

const description = z.object({ lora_r: z.number(), lora_alpha: z.number(), targets: z.array(z.string()) });

export async function compareFamily(folder: string): Promise<Comparison[]> {
  const read = await readModel(folder);
  const model = { ...read, decoder: withReferenceBiases(read.decoder) };
  const {
    lora_r: rank,
    lora_alpha: alpha,
    targets,
  } = description.parse(await readJson(join(folder, 'reference.json')));
  const modules = model.modules.filter(({ name }) => targets.includes(name.split('.').at(-1) as string));
  const reference = await Reference.read(join(folder, 'reference.safetensors'));
  const lora = reference.namesUnder('lora.');
  const parameters: Parameters = new Map(
    lora.map((name) => [name, { shape: reference.shape(`lora.${name}`), values: reference.singles(`lora.${name}`) }]),
  );
  const settings = { balanceWeight: 0, dropout: 0, threads: 1 };
  const base = new Engine(model, { ...settings, adapter: { kind: 'none' } });
  const adapted = new Engine({ ...model, modules }, { ...settings, adapter: { kind: 'lora', rank, alpha } });
  const comparisons: Comparison[] = [];
  for (const tag of batchTags(reference)) {
    const { attended, ...found } = readBatch(reference, tag);
    const batch = withReferencePositions(model.decoder, found.batch);
    const width = model.decoder.vocabularySize;
    const logitsError = async (engine: Engine, values: Parameters, name: string): Promise<Comparison> => {
      const difference = logitsDifference(
        await allLogits(engine, values, batch),
        reference.floats(name),
        attended,
        width,
      );
      return worst(name, [difference], 1e-4);
    };
    comparisons.push(await logitsError(base, new Map(), `${tag}.base_logits`));
    comparisons.push(await logitsError(adapted, parameters, `${tag}.logits`));
    const step = await adapted.trainingStep(parameters, batch, () => 1);
    const [loss] = reference.floats(`${tag}.loss`);
    comparisons.push(worst(`${tag}.loss`, [Math.abs(step.loss - (loss as number))], 1e-4));
    const errors = reference
      .namesUnder(`${tag}.grad.`)
      .map((name) => relativeDifference(step.gradients.get(name) ?? [], reference.floats(`${tag}.grad.${name}`)));
    comparisons.push(worst(`${tag}.grad (${errors.length} tensors)`, errors, 1e-3));
  }
  const [prompt] = reference.integerRows('greedy.prompt');
  const [expected] = reference.integerRows('greedy.output');
  const continuation = (expected as number[]).slice((prompt as number[]).length);
  const greedy = async (ids: readonly number[], maxNewTokens: number): Promise<number[]> =>
    (await generate(base, new Map(), [ids], { maxNewTokens, stopTokenIds: [], padTokenId: 0 })).flat();
  const generated = await referenceContinuation(model.decoder, prompt as number[], continuation.length, greedy);
  const different = continuation.filter((token, index) => token !== generated[index]).length;
  comparisons.push(worst('greedy tokens that differ', [different], 0));
  reference.requireAllCompared();
  await Promise.all([base.release(), adapted.release()]);
  return comparisons;
}
