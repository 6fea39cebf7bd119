/** Turns the part of a graph that some outputs depend on into an ONNX model. */
import type { ComputeType, DataType } from '../data-type.js';
import { factorsOf, termsOf, type Dimension, type Shape } from '../dimension.js';
import type { Application, Graph, Initializer, Tensor } from '../tensor.js';
import { emissionRules } from './emission.js';
import { encodeModel, type OnnxAttribute, type OnnxInitializer, type OnnxNode, type OnnxValue } from './model.js';

export interface NodeOptions {
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
  readonly domain?: '' | 'com.microsoft';
}

export class Emitter {
  private readonly nodes: OnnxNode[] = [];
  private readonly initializers: OnnxInitializer[] = [];
  private readonly intermediates: OnnxValue[] = [];
  private readonly dimensionValues = new Map<string, string>();
  private readonly constants = new Map<string, string>();
  private count = 0;

  constructor(
    readonly computeType: ComputeType,
    private readonly inputs: readonly Tensor[],
  ) {}

  /** Adds a node that writes the given tensors. */
  write(operator: string, inputs: readonly string[], outputs: readonly Tensor[], options: NodeOptions = {}): void {
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

  /** A vector of integers; symbolic entries are computed when the graph runs. */
  shapeVector(dimensions: readonly Dimension[]): string {
    if (dimensions.every((dimension) => typeof dimension === 'number')) return this.integers(dimensions);
    const parts = dimensions.map((dimension) => this.dimensionValue(dimension));
    return this.once(`shape ${dimensions.join()}`, () =>
      this.value('Concat', parts, [dimensions.length], 'int64', { attributes: { axis: { int: 0 } } }),
    );
  }

  /** The vector for Reshape: with one symbolic entry that is inferred, no computation is needed. */
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

  /** A dimension's value as an int64 vector of one element. */
  dimensionValue(dimension: Dimension): string {
    if (typeof dimension === 'number') return this.integers([dimension]);
    const known = this.dimensionValues.get(dimension);
    if (known !== undefined) return known;
    const name = this.computeDimension(dimension);
    this.dimensionValues.set(dimension, name);
    return name;
  }

  initializer({ tensor, data }: Initializer): void {
    this.initializers.push({ name: tensor.name, shape: tensor.shape, dataType: tensor.dataType, data });
  }

  encode(outputs: Readonly<Record<string, Tensor>>): Uint8Array {
    const named = Object.entries(outputs).map(([name, tensor]) => {
      this.addNode('Identity', [tensor.name], [name], {});
      return { name, shape: tensor.shape, dataType: tensor.dataType };
    });
    const { nodes, initializers, inputs, intermediates } = this;
    return encodeModel({ nodes, initializers, inputs, outputs: named, intermediates });
  }

  private addNode(operator: string, inputs: readonly string[], outputs: readonly string[], options: NodeOptions): void {
    this.nodes.push({ operator, inputs, outputs, attributes: options.attributes ?? {}, domain: options.domain ?? '' });
  }

  private computeDimension(dimension: string): string {
    const terms = termsOf(dimension);
    if (terms.length > 1) return this.fold('Add', terms);
    const factors = factorsOf(dimension);
    if (factors.length > 1) return this.fold('Mul', factors);
    for (const input of this.inputs) {
      const axis = input.shape.indexOf(dimension);
      if (axis < 0) continue;
      const shape = this.once(`shape of ${input.name}`, () =>
        this.value('Shape', [input.name], [input.shape.length], 'int64'),
      );
      return this.value('Slice', [shape, this.integers([axis]), this.integers([axis + 1])], [1], 'int64');
    }
    throw new Error(`dimension ${dimension} is not a dimension of any input`);
  }

  private fold(operator: 'Add' | 'Mul', terms: readonly Dimension[]): string {
    return terms
      .map((term) => this.dimensionValue(term))
      .reduce((left, right) => this.value(operator, [left, right], [1], 'int64'));
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

/**
 * An ONNX model with the named outputs. Only what they depend on is emitted; inputs that they do not need are left out,
 * so a session's `inputNames` say what to feed.
 */
export function emitModel(graph: Graph, outputs: Readonly<Record<string, Tensor>>): Uint8Array {
  const needed = new Set<Tensor>(Object.values(outputs));
  const applications: Application[] = [];
  for (const application of [...graph.applications].reverse()) {
    if (!application.outputs.some((output) => needed.has(output))) continue;
    applications.push(application);
    for (const input of application.inputs) needed.add(input);
  }
  const inputs = graph.inputs.filter((input) => needed.has(input));
  const emitter = new Emitter(graph.computeType, inputs);
  for (const initializer of graph.initializers) if (needed.has(initializer.tensor)) emitter.initializer(initializer);
  for (const application of applications.reverse()) {
    (emissionRules[application.primitive] as (emitter: Emitter, application: Application) => void)(
      emitter,
      application,
    );
  }
  return emitter.encode(outputs);
}
