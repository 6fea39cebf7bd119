/** ONNX Runtime sessions over models whose weights are memory-mapped from the base model's files. */
import { InferenceSession, Tensor } from 'onnxruntime-node';

export interface SessionSettings {
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

export type Feeds = Record<string, Tensor>;

export class Session {
  private constructor(private readonly session: InferenceSession) {}

  /** Weights are read out of the mapped file. No memory pattern is kept per shape: that costs no time in training. */
  static async create(
    model: Uint8Array,
    { threads, weightsFolder, layout, profile }: SessionSettings,
  ): Promise<Session> {
    const session = await InferenceSession.create(model, {
      executionProviders: ['cpu'],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      enableMemPattern: false,
      graphOptimizationLevel: layout.widened ? 'basic' : 'disabled',
      logSeverityLevel: 3,
      ...(profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: profile }),
      extra: {
        session: {
          model_external_initializers_file_folder_path: weightsFolder,
          disable_prepacking: layout.repacked ? '0' : '1',
        },
      },
    });
    return new Session(session);
  }

  get inputNames(): readonly string[] {
    return this.session.inputNames;
  }

  /** Runs with those of `feeds` that the model takes. Throws where one that it takes is missing. */
  async run(feeds: Readonly<Feeds>): Promise<Readonly<Record<string, Tensor>>> {
    const used: Feeds = {};
    for (const name of this.session.inputNames) {
      const tensor = feeds[name];
      if (tensor === undefined) throw new Error(`the session's input ${name} is missing`);
      used[name] = tensor;
    }
    return this.session.run(used);
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}

export const floats = (values: Float32Array, shape: readonly number[]): Tensor => new Tensor('float32', values, shape);
export const integers = (values: BigInt64Array, shape: readonly number[]): Tensor => new Tensor('int64', values, shape);

export function floatsOf(tensor: Tensor | undefined, name: string): Float32Array {
  if (!(tensor?.data instanceof Float32Array))
    throw new Error(`the session's output ${name} is missing or not float32`);
  return tensor.data;
}
