/** Adam (Kingma and Ba 2015, algorithm 1) over named float32 parameters, in place; moments start at zero. */
import type { Parameters } from '@fedamole/mole';

export interface AdamSettings {
  readonly learningRate: number;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
}

interface Moments {
  readonly first: Float32Array;
  readonly second: Float32Array;
}

export class Adam {
  private readonly moments = new Map<string, Moments>();
  private steps = 0;

  constructor(private readonly settings: AdamSettings) {}

  /** One step: `gradients` by the parameters' names, of the same length. */
  update(parameters: Parameters, gradients: ReadonlyMap<string, Float32Array>): void {
    const { learningRate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = this.settings;
    this.steps += 1;
    const stepSize = learningRate / (1 - beta1 ** this.steps);
    const secondCorrection = 1 / (1 - beta2 ** this.steps);
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
          (values[index] as number) - (stepSize * mean) / (Math.sqrt(square * secondCorrection) + epsilon);
      }
    }
  }

  private momentsOf(name: string, length: number): Moments {
    const known = this.moments.get(name);
    if (known !== undefined) return known;
    const fresh = { first: new Float32Array(length), second: new Float32Array(length) };
    this.moments.set(name, fresh);
    return fresh;
  }
}
