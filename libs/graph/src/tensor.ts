/**
 * A graph of tensors: what a model computes, before anything runs. Every tensor is made by applying a primitive to
 * others; its shape is inferred, and checked, at that moment, so that an error points at the caller's line.
 */
import { bytesOf, type ComputeType, type DataType } from './data-type.js';
import { elementCount, formatShape, type Dimension, type Shape } from './dimension.js';
import type { PrimitiveName, PrimitiveParameters } from './primitives.js';
import type { QuantizedWeight } from './quantized.js';
import { shapeRules, type TensorType } from './shapes.js';

export interface Tensor {
  readonly graph: Graph;
  readonly name: string;
  readonly shape: Shape;
  readonly dataType: DataType;
  /** Whether a differentiable input reaches it. */
  readonly differentiable: boolean;
  /** How a frozen matrix is held in fewer bits, which only some operations read; null for every other tensor. */
  readonly quantized: QuantizedWeight | null;
}

/** One application of a primitive; the list of them, in order, is the tape that differentiation walks back. */
export interface Application<P extends PrimitiveName = PrimitiveName> {
  readonly primitive: P;
  readonly parameters: PrimitiveParameters[P];
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
}

/** Where a weight's bytes lie: in a file beside the model (memory-mapped by ONNX Runtime), or in memory. */
export type WeightData =
  | { readonly kind: 'file'; readonly file: string; readonly offset: number; readonly length: number }
  | { readonly kind: 'memory'; readonly bytes: Uint8Array };

export interface Initializer {
  readonly tensor: Tensor;
  readonly data: WeightData;
}

/** A part of the tape that depends on earlier activations by its input only. */
export interface Block {
  readonly input: Tensor;
  /** Its applications: from `start` on, before `end`. */
  readonly start: number;
  readonly end: number;
}

export class Graph {
  readonly applications: Application[] = [];
  /** In the order of the tape. */
  readonly blocks: Block[] = [];
  readonly inputs: Tensor[] = [];
  readonly initializers: Initializer[] = [];
  private readonly constants = new Map<string, Tensor>();
  private tensorCount = 0;

  constructor(readonly computeType: ComputeType) {}

  /** A tensor that is fed at every run. Gradients are taken with respect to the differentiable ones. */
  input(name: string, shape: Shape, options: { dataType?: DataType; differentiable?: boolean } = {}): Tensor {
    if (this.inputs.some((input) => input.name === name)) throw new Error(`Graph: input ${name} exists already`);
    const tensor = this.make(options.dataType ?? this.computeType, shape, options.differentiable ?? false, name);
    this.inputs.push(tensor);
    return tensor;
  }

  /** A frozen tensor of the model. Throws where `data` is not of its size. */
  weight(name: string, shape: readonly number[], dataType: DataType, data: WeightData): Tensor {
    const bytes = Math.ceil((elementCount(shape) as number) * bytesOf[dataType]);
    const length = data.kind === 'file' ? data.length : data.bytes.length;
    if (length !== bytes)
      throw new Error(`weight ${name} has ${length} bytes; ${formatShape(shape)} of ${dataType} takes ${bytes}`);
    const tensor = this.make(dataType, shape, false, name);
    this.initializers.push({ tensor, data });
    return tensor;
  }

  /** A frozen matrix of the model that is held in fewer bits: for products and, as its form allows, for rows and cross-entropies. */
  quantizedWeight(name: string, shape: readonly number[], quantized: QuantizedWeight): Tensor {
    return { ...this.make(this.computeType, shape, false, name), quantized };
  }

  /** A constant in the graph's compute type; one tensor for equal small constants. */
  constant(values: ArrayLike<number>, shape: readonly number[]): Tensor {
    const array = this.computeType === 'float64' ? Float64Array.from(values) : Float32Array.from(values);
    return this.constantOf(this.computeType, array, shape);
  }

  /** A constant vector of 64-bit integers. */
  integers(values: readonly number[], shape: readonly number[] = [values.length]): Tensor {
    return this.constantOf('int64', BigInt64Array.from(values, BigInt), shape);
  }

  apply<P extends PrimitiveName>(
    primitive: P,
    inputs: readonly Tensor[],
    parameters: PrimitiveParameters[P],
  ): Tensor[] {
    const foreign = inputs.find(({ graph }) => graph !== this);
    if (foreign !== undefined) throw new Error(`${primitive}: ${foreign.name} belongs to another graph`);
    const held = inputs.find(({ quantized }) => quantized !== null);
    if (held !== undefined)
      throw new Error(`${primitive}: ${held.name} is held in fewer bits, only products may use it`);
    const types: TensorType[] = shapeRules[primitive](inputs, parameters);
    const differentiable = inputs.some((input) => input.differentiable);
    const outputs = types.map(({ shape, dataType }) => this.make(dataType, shape, differentiable && isFloat(dataType)));
    this.applications.push({ primitive, parameters, inputs, outputs });
    return outputs;
  }

  /**
   * What `build` applies is one block: a layer, say. Of other activations it may use small ones only, since recomputing the block
   * keeps those. Blocks do not nest.
   */
  block<T>(input: Tensor, build: () => T): T {
    const start = this.applications.length;
    const result = build();
    this.blocks.push({ input, start, end: this.applications.length });
    return result;
  }

  private constantOf(
    dataType: DataType,
    array: ArrayBufferView & { length: number },
    shape: readonly number[],
  ): Tensor {
    const small = array.length <= 16;
    const key = small ? `${dataType} ${shape.join()} ${String(array)}` : '';
    const known = this.constants.get(key);
    if (known !== undefined) return known;
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    const tensor = this.weight(`constant_${this.tensorCount}`, shape, dataType, { kind: 'memory', bytes });
    if (small) this.constants.set(key, tensor);
    return tensor;
  }

  private make(dataType: DataType, shape: Shape, differentiable: boolean, name?: string): Tensor {
    this.tensorCount += 1;
    return { graph: this, name: name ?? `t${this.tensorCount}`, shape, dataType, differentiable, quantized: null };
  }
}

function isFloat(dataType: DataType): boolean {
  return dataType === 'float32' || dataType === 'float64';
}

/** The dimension of an axis; negative axes count from the end. */
export function dimensionOf(tensor: Tensor, axis: number): Dimension {
  const dimension = tensor.shape.at(axis);
  if (dimension === undefined)
    throw new Error(`axis ${axis} is out of range for a tensor of rank ${tensor.shape.length}`);
  return dimension;
}
