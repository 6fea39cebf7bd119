import { describe, expect, it } from '@jest/globals';
import type { Parameters } from '@fedamole/mole';
import { Engine, type EngineSettings } from './engine.js';
import { drawnParameters, mole, quickstartModel } from './small-models.fixture.js';
import { trainingMemory, type TrainingLoad } from './training-memory.js';

const settings: EngineSettings = { adapter: mole, balanceWeight: 0.001, dropout: 0.05, threads: 2 };
const load = (parameters: Parameters, rows = 4, time = 256): TrainingLoad => ({ rows, time, targets: 64, parameters });

describe('the memory that training takes', () => {
  it('grows with the batch, and shrinks where activations are recomputed', async () => {
    const model = await quickstartModel();
    const parameters = drawnParameters(model, [4]);
    const one = trainingMemory(model, settings, load(parameters, 1));
    const four = trainingMemory(model, settings, load(parameters));
    expect(four.activations / one.activations).toBeGreaterThan(2.5);
    expect(four.weights).toBe(one.weights);
    const recomputed = trainingMemory(model, { ...settings, recompute: true }, load(parameters));
    expect(recomputed.activations).toBeLessThan(four.activations / 2);
  });

  it('that is not there is refused before anything is made, with the setting that would make it fit', async () => {
    const model = await quickstartModel();
    const engine = new Engine(model, settings);
    const parameters = drawnParameters(model, [4]);
    const { total } = trainingMemory(model, settings, load(parameters));
    expect(() => engine.requireTrainingMemory(load(parameters), total)).not.toThrow();
    expect(() => engine.requireTrainingMemory(load(parameters), total - 1)).toThrow(
      /^training takes about \d\.\d+ GB, and \d\.\d+ GB are free: frozen weights .* \(float32\), activations .* \(4 x 256 tokens\), .*it would fit with recomputeActivations \(/,
    );
    expect(() => engine.requireTrainingMemory(load(parameters), 1e6)).toThrow(
      /no setting would make it fit: recomputeActivations, batchSize 1 and weights "int4" would still take/,
    );
  });

  it('is not known of another device than the CPU', async () => {
    const model = await quickstartModel();
    const engine = new Engine(model, { ...settings, device: 'cuda' });
    expect(() => engine.requireTrainingMemory(load(drawnParameters(model, [4])), 1e6)).not.toThrow();
  });
});
