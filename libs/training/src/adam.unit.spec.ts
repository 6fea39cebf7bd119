import { describe, expect, it } from '@jest/globals';
import type { Parameters } from '@fedamole/mole';
import { Adam } from './adam.js';

const parameter = (...values: number[]): Parameters =>
  new Map([['w', { shape: [values.length], values: Float32Array.from(values) }]]);
const values = (parameters: Parameters): number[] => [...(parameters.get('w')?.values ?? [])];
const gradient = (...slopes: number[]): ReadonlyMap<string, Float32Array> =>
  new Map([['w', Float32Array.from(slopes)]]);

describe('Adam', () => {
  it('takes a first step of the learning rate against the sign of the gradient, however large that is', () => {
    const parameters = parameter(1, 1, 1);
    new Adam({ learningRate: 0.1 }).update(parameters, gradient(1000, -0.001, 0));
    const [first, second, third] = values(parameters);
    expect(first).toBeCloseTo(0.9, 6);
    // epsilon 1e-8 shortens the step by 1e-5 of it
    expect(second).toBeCloseTo(1.099999, 6);
    expect(third).toBe(1);
  });

  it('takes the steps that its equations give by hand', () => {
    // beta1 = beta2 = 1/2, epsilon 0, gradients 2, then -1:
    // m = 1, v = 2; m^ = 2, v^ = 4; w = 5 - 0.5 * 2 / 2 = 4.5
    // m = 0, v = 1.5: w stays
    // gradient 3: m = 1.5, v = 5.25; m^ = 1.5 / 0.875, v^ = 6; w = 4.5 - 0.5 * 1.714286 / 2.449490 = 4.150073
    const optimizer = new Adam({ learningRate: 0.5, beta1: 0.5, beta2: 0.5, epsilon: 0 });
    const parameters = parameter(5);
    optimizer.update(parameters, gradient(2));
    expect(values(parameters)).toEqual([4.5]);
    optimizer.update(parameters, gradient(-1));
    expect(values(parameters)).toEqual([4.5]);
    optimizer.update(parameters, gradient(3));
    expect(values(parameters)[0]).toBeCloseTo(4.150073, 5);
  });

  it('agrees with ten steps in double precision at the default betas', () => {
    const optimizer = new Adam({ learningRate: 1e-2 });
    const parameters = parameter(0.3);
    let [weight, mean, square] = [0.3, 0, 0];
    for (let step = 1; step <= 10; step += 1) {
      const slope = Math.sin(step) + 0.2;
      optimizer.update(parameters, gradient(slope));
      mean = 0.9 * mean + 0.1 * slope;
      square = 0.999 * square + 0.001 * slope * slope;
      weight -= (1e-2 * (mean / (1 - 0.9 ** step))) / (Math.sqrt(square / (1 - 0.999 ** step)) + 1e-8);
      expect(Math.abs((values(parameters)[0] as number) - weight)).toBeLessThan(1e-6);
    }
  });

  /** PyTorch 2.13's optimisers after six steps from [0.5, -1, 2, 0] on gradients [sin s, 10 cos 2s, 1e-4 s, 0], s from 1. */
  const inTorch: [string, ConstructorParameters<typeof Adam>[0], number[]][] = [
    ['Adam(lr=0.01)', { learningRate: 0.01 }, [0.4713277816772461, -0.9763292074203491, 1.9417303800582886, 0]],
    [
      'AdamW(lr=0.01, weight_decay=0.1)',
      { learningRate: 0.01, weightDecay: 0.1 },
      [0.46845516562461853, -0.9704375863075256, 1.9299064874649048, 0],
    ],
    [
      'AdamW(lr=0.1, weight_decay=0.5, betas=(0.8, 0.9), eps=0.001)',
      { learningRate: 0.1, weightDecay: 0.5, beta1: 0.8, beta2: 0.9, epsilon: 1e-3 },
      [0.17773617804050446, -0.55610591173172, 1.3643401861190796, 0],
    ],
  ];
  it.each(inTorch)('agrees with torch.optim.%s', (_name, settings, expected) => {
    const optimizer = new Adam(settings);
    const parameters = parameter(0.5, -1, 2, 0);
    for (let step = 1; step <= 6; step += 1) {
      optimizer.update(parameters, gradient(Math.sin(step), 10 * Math.cos(2 * step), 1e-4 * step, 0));
    }
    values(parameters).forEach((value, index) => {
      expect(Math.abs(value - (expected[index] as number))).toBeLessThan(3e-7);
    });
  });

  it('takes a step at a factor of its learning rate as an optimiser of that rate would', () => {
    const [scaled, slow] = [parameter(1, -2), parameter(1, -2)];
    const settings = { learningRate: 0.5, weightDecay: 0.25 };
    new Adam(settings).update(scaled, gradient(3, -1), 0.25);
    new Adam({ ...settings, learningRate: 0.125 }).update(slow, gradient(3, -1));
    expect(values(scaled)).toEqual(values(slow));
  });

  it('starts afresh with every instance: nothing is kept from round to round', () => {
    const [first, second] = [parameter(1), parameter(1)];
    new Adam({ learningRate: 0.1 }).update(first, gradient(5));
    new Adam({ learningRate: 0.1 }).update(second, gradient(5));
    expect(values(first)).toEqual(values(second));
  });

  it('refuses a gradient that is missing or of another length, by name', () => {
    const optimizer = new Adam({ learningRate: 0.1 });
    expect(() => optimizer.update(parameter(1, 2), new Map())).toThrow(
      'Adam: parameter w has 2 elements, its gradient is missing',
    );
    expect(() => optimizer.update(parameter(1, 2), gradient(1))).toThrow(
      'Adam: parameter w has 2 elements, its gradient 1',
    );
  });
});
