/** Our side of the step benchmarks: forward, backward and Adam, in batches of one. */
import type { Model } from '@fedamole/base-models';
import { seededRandom } from '@fedamole/seeded-random';
import { Adam, Engine, makeBatch, type EngineSettings, type Sequence } from '@fedamole/training';
import { balanceWeight, dropout, firstParameters, type TrainedAdapter } from './adapters.js';
import type { Contender } from './contender.js';

/** Its figure is tokens a second; a turn is one optimiser step on every example. */
export function trainingSteps(
  model: Model,
  adapter: TrainedAdapter,
  examples: readonly Sequence[],
  settings: Omit<EngineSettings, 'adapter' | 'balanceWeight' | 'dropout'>,
): Contender {
  const engine = new Engine(model, { ...settings, adapter, balanceWeight, dropout });
  const parameters = firstParameters(model, adapter);
  const adam = new Adam({ learningRate: 5e-5 });
  const random = seededRandom('dropout');
  const dropoutSeed = (): number => 1 + Math.floor(random() * 0xffff_ffff);
  return {
    measure: async () => {
      const started = performance.now();
      let tokens = 0;
      for (const example of examples) {
        const batch = makeBatch([example], 0);
        const { gradients } = await engine.trainingStep(parameters, batch, dropoutSeed);
        adam.update(parameters, gradients);
        tokens += batch.tokenCount;
      }
      return tokens / ((performance.now() - started) / 1000);
    },
    close: () => engine.release(),
  };
}
