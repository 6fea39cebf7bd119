/** Turns the part of a graph that some outputs depend on into an ONNX model. */
import type { ComputeType, DataType } from '../data-type.js';
import type { Dimension, Shape } from '../dimension.js';
import type { Application, Graph, Initializer, Tensor } from '../tensor.js';
import { shapeInputName, sizeInputName, symbolsOf } from './dimension-inputs.js';
import { emissionRules } from './emission.js';
import { lackedOperators, type ExecutionProvider, type FusedOperator } from './kernels.js';
import {
  encodeModel,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxInitializer,
  type OnnxNode,
  type OnnxValue,
} from './model.js';

export interface NodeOptions {
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
  readonly domain?: '' | 'com.microsoft';
}

export class Emitter {
  private readonly nodes: OnnxNode[] = [];
  private readonly initializers: OnnxInitializer[] = [];
  private readonly intermediates: OnnxValue[] = [];
  private readonly dimensionInputs = new Map<string, OnnxValue>();
  private readonly constants = new Map<string, string>();
  private count = 0;

  constructor(
    readonly computeType: ComputeType,
    private readonly inputs: readonly Tensor[],
    private readonly provider: ExecutionProvider = 'cpu',
  ) {}

  /** Whether the kernels that the model is meant for include this one; in float64 there are none of them. */
  has(operator: FusedOperator): boolean {
    return this.computeType === 'float32' && !lackedOperators[this.provider].includes(operator);
  }

  /** Adds a node that writes the given tensors. */
  write(operator: string, inputs: readonly string[], outputs: readonly OnnxValue[], options: NodeOptions = {}): void {
    this.addNode(
      operator,
      inputs,
      outputs.map(({ name }) => name),
      options,
    );
    this.intermediates.push(...outputs);
  }

  /** Adds a node with one new value that only the emission knows; returns its name. */
  value(
    operator: string,
    inputs: readonly string[],
    shape: Shape,
    dataType: DataType,
    options: NodeOptions = {},
  ): string {
    const name = `e${(this.count += 1)}`;
    this.addNode(operator, inputs, [name], options);
    this.intermediates.push({ name, shape, dataType });
    return name;
  }

  /** A matrix reduced to one column by ReduceSum, ReduceMax or ReduceMin. */
  column(operator: string, matrix: string, rows: Dimension): string {
    const reduced = this.value(operator, [matrix, this.integers([-1])], [rows, 1], this.computeType, {
      attributes: { keepdims: { int: 1 } },
    });
    return this.asColumn(reduced, rows);
  }

  /** What follows from the reduction of a matrix to one column: of a matrix without rows ONNX Runtime's reductions keep all columns. */
  asColumn(reduced: string, rows: Dimension): string {
    return this.value('Reshape', [reduced, this.shapeVector([rows, 1])], [rows, 1], this.computeType);
  }

  /** A vector of integers; with a symbolic entry an input, which follows from the shapes of the others. */
  shapeVector(dimensions: readonly Dimension[]): string {
    if (dimensions.every((dimension) => typeof dimension === 'number')) return this.integers(dimensions);
    return this.dimensionInput(shapeInputName(dimensions), dimensions, 'int64');
  }

  /** A symbolic dimension's size as an input of one float. */
  dimensionSize(dimension: Dimension): string {
    if (typeof dimension === 'number') return this.floats([dimension], [1]);
    return this.dimensionInput(sizeInputName(dimension), [dimension], this.computeType);
  }

  /** The vector for Reshape, which infers one symbolic entry itself. */
  reshapeVector(dimensions: readonly Dimension[]): string {
    const symbolic = dimensions.filter((dimension) => typeof dimension === 'string');
    if (symbolic.length > 1) return this.shapeVector(dimensions);
    return this.integers(dimensions.map((dimension) => (typeof dimension === 'string' ? -1 : dimension)));
  }

  integers(values: readonly number[]): string {
    return this.constant('int64', values, [values.length]);
  }

  /** A constant of the graph's compute type: a scalar, or a vector. */
  floats(values: readonly number[], shape: readonly number[]): string {
    return this.constant(this.computeType, values, shape);
  }

  /** An unsigned 8-bit scalar. */
  byte(value: number): string {
    return this.once(`uint8 ${value}`, () => {
      const name = `k${(this.count += 1)}`;
      const data = { kind: 'memory', bytes: Uint8Array.of(value) } as const;
      this.initializers.push({ name, shape: [], dataType: 'uint8', data });
      return name;
    });
  }

  initializer({ tensor, data }: Initializer): void {
    this.initializers.push({ name: tensor.name, shape: tensor.shape, dataType: tensor.dataType, data });
  }

  /** The graph with the named outputs; to be called once, at the end. */
  finish(outputs: Readonly<Record<string, Tensor>>): OnnxGraph {
    const named = Object.entries(outputs).map(([name, tensor]) => {
      this.addNode('Identity', [tensor.name], [name], {});
      return { name, shape: tensor.shape, dataType: tensor.dataType };
    });
    const { nodes, initializers, intermediates } = this;
    const inputs = [...this.inputs, ...this.dimensionInputs.values()];
    return { nodes, initializers, inputs, outputs: named, intermediates };
  }

  private addNode(operator: string, inputs: readonly string[], outputs: readonly string[], options: NodeOptions): void {
    this.nodes.push({ operator, inputs, outputs, attributes: options.attributes ?? {}, domain: options.domain ?? '' });
  }

  private dimensionInput(name: string, dimensions: readonly Dimension[], dataType: DataType): string {
    for (const symbol of dimensions.flatMap(symbolsOf)) {
      if (!this.inputs.some(({ shape }) => shape.includes(symbol)))
        throw new Error(`dimension ${symbol} is not a dimension of any input`);
    }
    this.dimensionInputs.set(name, { name, shape: [dimensions.length], dataType });
    return name;
  }

  private constant(dataType: ComputeType | 'int64', values: readonly number[], shape: readonly number[]): string {
    return this.once(`${dataType} [${shape.join()}] ${values.join()}`, () => {
      const name = `k${(this.count += 1)}`;
      const array =
        dataType === 'int64'
          ? BigInt64Array.from(values, BigInt)
          : dataType === 'float64'
            ? Float64Array.from(values)
            : Float32Array.from(values);
      const bytes = new Uint8Array(array.buffer);
      this.initializers.push({ name, shape, dataType, data: { kind: 'memory', bytes } });
      return name;
    });
  }

  /** What `make` emits, emitted for the first caller with this key. */
  once(key: string, make: () => string): string {
    const known = this.constants.get(key);
    if (known !== undefined) return known;
    const name = make();
    this.constants.set(key, name);
    return name;
  }
}

/** A graph and those of its tensors that a model puts out, by the outputs' names. */
export interface GraphOutputs {
  readonly graph: Graph;
  readonly outputs: Readonly<Record<string, Tensor>>;
}

/**
 * An ONNX graph with the named outputs, in operators that `provider` has. Only what they depend on is emitted; inputs that
 * they do not need are left out, so a session's `inputNames` say what to feed: beside the graph's own inputs those that
 * `dimensionInput` knows.
 */
export function emitGraph({ graph, outputs }: GraphOutputs, provider: ExecutionProvider): OnnxGraph {
  const needed = new Set<Tensor>(Object.values(outputs));
  const applications: Application[] = [];
  for (const application of [...graph.applications].reverse()) {
    if (!application.outputs.some((output) => needed.has(output))) continue;
    applications.push(application);
    for (const input of application.inputs) needed.add(input);
  }
  const inputs = graph.inputs.filter((input) => needed.has(input));
  const emitter = new Emitter(graph.computeType, inputs, provider);
  for (const initializer of graph.initializers) if (needed.has(initializer.tensor)) emitter.initializer(initializer);
  for (const application of applications.reverse()) {
    (emissionRules[application.primitive] as (emitter: Emitter, application: Application) => void)(
      emitter,
      application,
    );
  }
  return emitter.finish(outputs);
}

/** The same as the bytes of a model. */
export const emitModel = (
  graph: Graph,
  outputs: Readonly<Record<string, Tensor>>,
  provider: ExecutionProvider = 'cpu',
): Uint8Array => encodeModel(emitGraph({ graph, outputs }, provider));
