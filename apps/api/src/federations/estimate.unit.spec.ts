import { describe, expect, it } from '@jest/globals';
import { federationConfiguration, resolveConfiguration } from '@fedamole/federation';
import { estimateFederation } from './estimate.js';

/** Of Llama-3.2-1B: 16 layers whose q_proj and v_proj are adapted. */
const modules = Array.from({ length: 16 }, (_, layer) => [
  { name: `layers.${layer}.q_proj`, inputWidth: 2048, outputWidth: 2048 },
  { name: `layers.${layer}.v_proj`, inputWidth: 2048, outputWidth: 512 },
]).flat();

describe('an estimate', () => {
  it('comes to the 25 MB per client, round and direction that the paper tells of its defaults', () => {
    const configuration = resolveConfiguration(federationConfiguration.parse({}), 10);
    const { steps, transferBytes, trainerBytes } = estimateFederation(
      { parameterCount: 1.24e9 },
      modules,
      10,
      configuration,
    );
    expect(steps).toBe(6000);
    expect(transferBytes.mean / 1e6).toBeCloseTo(25.95, 1);
    expect(transferBytes.least).toBeLessThan(transferBytes.mean);
    expect(transferBytes.most).toBeGreaterThan(transferBytes.mean);
    expect(trainerBytes).toEqual({ weights: 4.96e9, optimizer: 4 * transferBytes.most });
  });

  it('counts frozen weights in the form that they are held in', () => {
    const configuration = resolveConfiguration(federationConfiguration.parse({ weights: 'int4' }), 10);
    expect(estimateFederation({ parameterCount: 1000 }, modules, 10, configuration).trainerBytes.weights).toBe(500);
  });
});
