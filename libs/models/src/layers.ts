/** The layers that families are written with: each reads its weights by the layer's name. */
import {
  add,
  dimensionOf,
  layerNormalize,
  matmul,
  reshape,
  rmsNormalize,
  type Graph,
  type Tensor,
} from '@fedamole/graph';
import type { AdaptLinear, LinearModule, WeightSource } from './decoder.js';

export interface LinearLayer extends LinearModule {
  readonly bias: boolean;
  /** Whether the weight is [inputWidth, outputWidth], as GPT-2's Conv1D has it, instead of [outputWidth, inputWidth]. */
  readonly inputFirst?: boolean;
}

/** Layers as those that adapters attach to. */
export const asModules = (layers: readonly LinearLayer[]): LinearModule[] =>
  layers.map(({ name, inputWidth, outputWidth }) => ({ name, inputWidth, outputWidth }));

/** Collects the weights that a family reads, with their shapes. */
export class WeightTable {
  readonly shapes = new Map<string, readonly number[]>();

  linear({ name, inputWidth, outputWidth, bias, inputFirst = false }: LinearLayer): LinearLayer {
    this.shapes.set(`${name}.weight`, inputFirst ? [inputWidth, outputWidth] : [outputWidth, inputWidth]);
    if (bias) this.shapes.set(`${name}.bias`, [outputWidth]);
    return { name, inputWidth, outputWidth, bias, inputFirst };
  }

  matrix(name: string, rows: number, columns: number): string {
    this.shapes.set(name, [rows, columns]);
    return name;
  }

  /** A normalisation's weight, and bias where it has one; returns its name. */
  norm(name: string, width: number, options: { bias: boolean }): string {
    this.shapes.set(`${name}.weight`, [width]);
    if (options.bias) this.shapes.set(`${name}.bias`, [width]);
    return name;
  }
}

/** Applies layers in one graph. */
export class Layers {
  constructor(
    readonly graph: Graph,
    private readonly weight: WeightSource,
    private readonly adapt: AdaptLinear = (_module, _input, output) => output,
  ) {}

  /** x [tokens, inputWidth] to [tokens, outputWidth], with the layer's adapter where it has one. */
  linear({ name, bias, inputFirst = false }: LinearLayer, x: Tensor): Tensor {
    const product = matmul(x, this.weight(`${name}.weight`), { transposeB: !inputFirst });
    return this.adapt(name, x, bias ? add(product, this.weight(`${name}.bias`)) : product);
  }

  layerNorm(name: string, x: Tensor, epsilon: number): Tensor {
    return layerNormalize(x, this.weight(`${name}.weight`), this.weight(`${name}.bias`), epsilon);
  }

  /** Layer normalisation that has no weights. */
  plainLayerNorm(x: Tensor, epsilon: number): Tensor {
    const width = dimensionOf(x, -1) as number;
    const vector = (value: number): Tensor => this.graph.constant(new Float32Array(width).fill(value), [width]);
    return layerNormalize(x, vector(1), vector(0), epsilon);
  }

  /** `offset` is added to the weight: Gemma stores it around 0. */
  rmsNorm(name: string, x: Tensor, epsilon: number, offset = 0): Tensor {
    const stored = this.weight(`${name}.weight`);
    const weight = offset === 0 ? stored : add(stored, this.graph.constant([offset], [1]));
    return rmsNormalize(x, weight, epsilon);
  }

  /** [batch * time, width] to [batch, time, width], like the ids [batch, time]. */
  sequence(x: Tensor, ids: Tensor): Tensor {
    return reshape(x, [dimensionOf(ids, 0), dimensionOf(ids, 1), dimensionOf(x, 1)]);
  }
}
