/** ONNX Runtime sessions over models whose weights are memory-mapped from the base model's files. */
import { bindSymbols, dimensionInput, emitGraph, encodeModel, type FedShape, type GraphOutputs } from '@fedamole/graph';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Device } from './devices.js';
import { missingOperators, MissingOperatorsError } from './missing-operators.js';
import { sessionOptions } from './session-options.js';

export interface SessionSettings {
  /** The CPU where left out. */
  readonly device?: Device;
  /** Of the CPU. */
  readonly threads: number;
  readonly weightsFolder: string;
  /** Where given, ONNX Runtime writes what every operator took to `<profile>_<time>.json`, once the session is released. */
  readonly profile?: string;
  /** How frozen weights are laid out in memory. */
  readonly layout: WeightLayout;
}

export interface WeightLayout {
  /**
   * Whether ONNX Runtime may widen bfloat16 weights to float32 copies once, instead of at every use: faster, and larger.
   */
  readonly widened: boolean;
  /**
   * Whether ONNX Runtime repacks weights for its products, into copies. Without it they stay in the mapped file, and a
   * product's bits depend on the number of threads wherever that leaves a thread no more than 64 columns.
   */
  readonly repacked: boolean;
}

/**
 * What 'basic' does beside folding constants: there is nothing left to fuse in a graph that is emitted in the CPU's own kernels, and to
 * look for it takes longer than all else that a session's creation does.
 */
const NEEDLESS_OPTIMIZERS = [
  'CastChainElimination',
  'CommonSubexpressionElimination',
  'ConstantSharing',
  'DoubleQDQPairsRemover',
  'EnsureUniqueDQForNodeUnit',
  'GeluFusionL1',
  'LayerNormFusionL1',
  'Level1_RuleBasedTransformer',
  'MatMulAddFusion',
  'QDQPropagationTransformer',
  'ReshapeFusion',
  'TransposeOptimizer',
  'WeightBiasQuantization',
].join(';');

export type Feeds = Record<string, Tensor>;

export class Session {
  private constructor(private readonly session: InferenceSession) {}

  /**
   * Weights are read out of the mapped file, or copied to a device. No memory pattern is kept per shape: that costs no time
   * in training. Throws a MissingOperatorsError where the device cannot compute all of the model.
   */
  static async create(model: GraphOutputs, settings: SessionSettings): Promise<Session> {
    const { device = 'cpu', threads, weightsFolder, layout, profile } = settings;
    const graph = emitGraph(model, device);
    const options: InferenceSession.SessionOptions = {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      enableMemPattern: false,
      // constants are folded from 'basic' on. The copy on another device is widened in any case: providers of GPUs have no kernel that
      // reads bfloat16
      graphOptimizationLevel: layout.widened || device !== 'cpu' ? 'basic' : 'disabled',
      ...(profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: profile }),
    };
    const placed = sessionOptions(
      device,
      {
        model_external_initializers_file_folder_path: weightsFolder,
        disable_prepacking: layout.repacked ? '0' : '1',
      },
      device === 'cpu' ? { disable_specified_optimizers: NEEDLESS_OPTIMIZERS } : {},
    );
    try {
      return new Session(await InferenceSession.create(encodeModel(graph), { ...options, ...placed }));
    } catch (error) {
      const missing = device === 'cpu' ? [] : await missingOperators(graph, device);
      throw missing.length > 0 ? new MissingOperatorsError(device, missing) : error;
    }
  }

  get inputNames(): readonly string[] {
    return this.session.inputNames;
  }

  /**
   * Runs with those of `feeds` that the model takes, and with the dimensions that follow from their shapes. Throws where one
   * that it takes is missing, or where shapes do not fit.
   */
  async run(feeds: Readonly<Feeds>): Promise<Readonly<Record<string, Tensor>>> {
    const used: Feeds = {};
    const shapes: FedShape[] = [];
    for (const input of this.session.inputMetadata) {
      const tensor = feeds[input.name];
      if (tensor === undefined || !input.isTensor) continue;
      used[input.name] = tensor;
      shapes.push({ name: input.name, declared: input.shape, actual: tensor.dims });
    }
    const symbols = bindSymbols(shapes);
    for (const name of this.session.inputNames) {
      if (used[name] !== undefined) continue;
      const dimensions = dimensionInput(name, symbols);
      if (dimensions === null) throw new Error(`the session's input ${name} is missing`);
      used[name] =
        dimensions.kind === 'size'
          ? floats(Float32Array.of(dimensions.value), [1])
          : integers(BigInt64Array.from(dimensions.values, BigInt), [dimensions.values.length]);
    }
    return this.session.run(used);
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}

export const floats = (values: Float32Array, shape: readonly number[]): Tensor => new Tensor('float32', values, shape);
/** 0 for false, else 1. */
export const booleans = (values: Uint8Array, shape: readonly number[]): Tensor => new Tensor('bool', values, shape);
export const integers = (values: BigInt64Array, shape: readonly number[]): Tensor => new Tensor('int64', values, shape);

export function floatsOf(tensor: Tensor | undefined, name: string): Float32Array {
  if (!(tensor?.data instanceof Float32Array))
    throw new Error(`the session's output ${name} is missing or not float32`);
  return tensor.data;
}
