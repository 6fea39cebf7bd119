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
