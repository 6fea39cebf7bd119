/**
 * Adam (Kingma and Ba 2015, algorithm 1) and, with weight decay, AdamW (Loshchilov and Hutter 2019, algorithm 2), over named
 * float32 parameters, in place; moments start at zero.
 */
import type { Parameters } from '@fedamole/mole';

export interface AdamSettings {
  readonly learningRate: number;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  /** Decoupled from the gradient: a step first shrinks every parameter by learningRate * weightDecay of itself. 0 unless given. */
  readonly weightDecay?: number;
}

export interface Moments {
  readonly first: Float32Array;
  readonly second: Float32Array;
}

export class Adam {
  private readonly known = new Map<string, Moments>();
  private steps = 0;

  constructor(private readonly settings: AdamSettings) {}

  /** By the parameters' names; the next update changes them in place. */
  get moments(): ReadonlyMap<string, Moments> {
    return this.known;
  }

  /** Goes on as after that many updates, which left these moments: they are copied. */
  restore(steps: number, moments: ReadonlyMap<string, Moments>): void {
    this.steps = steps;
    for (const [name, { first, second }] of moments)
      this.known.set(name, { first: first.slice(), second: second.slice() });
  }

  /**
   * One step at `factor` times the learning rate. `gradients` by the parameters' names, of the same length; throws where
   * one is missing or of another length.
   */
  update(parameters: Parameters, gradients: ReadonlyMap<string, Float32Array>, factor = 1): void {
    const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = this.settings;
    const learningRate = this.settings.learningRate * factor;
    this.steps += 1;
    const stepSize = learningRate / (1 - beta1 ** this.steps);
    const secondCorrection = 1 / (1 - beta2 ** this.steps);
    const kept = 1 - learningRate * weightDecay;
    for (const [name, { values }] of parameters) {
      const gradient = gradients.get(name);
      if (gradient === undefined || gradient.length !== values.length) {
        throw new Error(
          `Adam: parameter ${name} has ${values.length} elements, its gradient ${gradient?.length ?? 'is missing'}`,
        );
      }
      const { first, second } = this.momentsOf(name, values.length);
      for (let index = 0; index < values.length; index += 1) {
        const slope = gradient[index] as number;
        const mean = (first[index] = beta1 * (first[index] as number) + (1 - beta1) * slope);
        const square = (second[index] = beta2 * (second[index] as number) + (1 - beta2) * slope * slope);
        values[index] =
          kept * (values[index] as number) - (stepSize * mean) / (Math.sqrt(square * secondCorrection) + epsilon);
      }
    }
  }

  private momentsOf(name: string, length: number): Moments {
    const kept = this.known.get(name);
    if (kept !== undefined) return kept;
    const fresh = { first: new Float32Array(length), second: new Float32Array(length) };
    this.known.set(name, fresh);
    return fresh;
  }
}
