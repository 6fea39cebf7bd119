/** Training steps of the quickstart's model in every form of its weights: loss, and gradients against float32's. */
import { join } from 'node:path';
import { readModel, type Model, type WeightForm } from '@fedamole/base-models';
import type { Parameters } from '@fedamole/mole';
import { seededRandom } from '@fedamole/seeded-random';
import {
  Engine,
  makeBatch,
  shuffledBatches,
  trainLocally,
  type EngineSettings,
  type Sequence,
} from '@fedamole/training';
import { balanceWeight, firstParameters, mole } from './adapters.js';
import { quickstart } from './folders.js';
import { agreement, byModule, type Agreement, type ModuleGradients } from './gradient-agreement.js';
import { held } from './our-forms.js';
import { taskExamples } from './task-examples.js';

const BATCHES = 8;
const BATCH_SIZE = 4;
const LEARNING_RATE = 0.005;

export interface FormGradients extends Agreement {
  readonly form: WeightForm;
  /** Mean over the batches, in nats per target token. */
  readonly loss: number;
}

/** One step on every batch, in every form, with an adapter that was trained for some steps: as it is created, B is zero. */
export async function formGradients(forms: readonly WeightForm[], threads: number): Promise<FormGradients[]> {
  const model = await readModel(join(quickstart, 'model'));
  const examples = await taskExamples(join(quickstart, 'clients'), BATCHES * BATCH_SIZE, model.decoder.maxPositions);
  const batches = Array.from({ length: BATCHES }, (_, index) =>
    makeBatch(examples.slice(index * BATCH_SIZE, (index + 1) * BATCH_SIZE), 0),
  );
  const settings = { adapter: mole, balanceWeight, dropout: 0, threads } as const;
  const parameters = await trained(model, examples, settings);

  const steps = async (form: WeightForm) => {
    const engine = new Engine(await held(model, { weights: form }), settings);
    const losses: number[] = [];
    const gradients: ModuleGradients[] = [];
    for (const batch of batches) {
      const { loss, gradients: found } = await engine.trainingStep(parameters, batch, () => 1);
      losses.push(loss);
      gradients.push(
        byModule(
          model.modules.map(({ name }) => name),
          found,
        ),
      );
    }
    await engine.release();
    return { loss: losses.reduce((sum, loss) => sum + loss, 0) / losses.length, gradients };
  };
  const exact = (await steps('float32')).gradients;
  const measured: FormGradients[] = [];
  for (const form of forms) {
    const { loss, gradients } = await steps(form);
    const pairs = gradients.map((other, index) => ({ exact: exact[index] as ModuleGradients, other }));
    measured.push({ form, loss, ...agreement(pairs) });
  }
  return measured;
}

async function trained(model: Model, examples: readonly Sequence[], settings: EngineSettings): Promise<Parameters> {
  const engine = new Engine(model, settings);
  const parameters = firstParameters(model, mole);
  const nextBatch = shuffledBatches(examples, BATCH_SIZE, seededRandom('order'));
  const training = { steps: 30, learningRate: LEARNING_RATE, padTokenId: 0, randomDropout: seededRandom('dropout') };
  await trainLocally(engine, parameters, nextBatch, training);
  await engine.release();
  return parameters;
}
