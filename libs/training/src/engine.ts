/**
 * The engine: runs one base model with one kind of adapter. Every method takes the adapter's parameters, so one engine serves
 * every client, however many experts it holds. Sessions are made when first used.
 */
import type { Model } from '@fedamole/base-models';
import type { GraphOutputs } from '@fedamole/graph';
import { dropoutMaskName, type Parameters } from '@fedamole/mole';
import type { AdapterKind } from './adapter-kind.js';
import { attentionFeeds } from './attention-feeds.js';
import type { Batch } from './batch.js';
import type { Device } from './devices.js';
import { fillDropoutMask } from './dropout.js';
import { KeyValueCache } from './key-value-cache.js';
import {
  cacheName,
  chosenName,
  decodingModel,
  evaluationModel,
  expertEmbeddingsName,
  gradientName,
  inputNames,
  targetsName,
  targetWeightsName,
  tokenEmbeddingName,
  trainingModel,
} from './model-graphs.js';
import { boundsOf, targetPartsOn } from './parts.js';
import { booleans, floats, floatsOf, integers, Session, type Feeds } from './session.js';
import { requireTrainingMemory, type TrainingLoad } from './training-memory.js';
import { weightLayout, type Purpose } from './weight-layout.js';

export interface EngineSettings {
  readonly adapter: AdapterKind;
  /** Weight of the balance loss in the training loss (lambda). */
  readonly balanceWeight: number;
  /** Rate of dropout on the adapters' input while training; 0 for none. */
  readonly dropout: number;
  /**
   * Activation checkpointing: each layer's activations are computed a second time for its gradients instead of being kept;
   * a third more time for a fraction of the memory. Off where left out.
   */
  readonly recompute?: boolean;
  /** The CPU where left out. */
  readonly device?: Device;
  /** Of the CPU. */
  readonly threads: number;
  /** Where given, what every operator of a session took is written to `<profile>-<session>_<time>.json` on release. */
  readonly profile?: string;
}

export interface TrainingStep {
  /** Cross-entropy per target token, in nats. */
  readonly loss: number;
  /** Sum over modules of the balance loss; 0 where nothing is routed. */
  readonly balance: number;
  /** By the parameters' names. */
  readonly gradients: ReadonlyMap<string, Float32Array>;
}

export interface Routing {
  /** 1 for the experts that each token is routed to, else 0 [rows * time * held]. */
  readonly chosen: Float32Array;
  /** The batch's mean token embedding [rank] and expert embeddings [held * rank]. */
  readonly token: Float32Array;
  readonly experts: Float32Array;
}

export interface Evaluation {
  /** The loss of each target of the batch, in the order of `selected`. */
  readonly tokenLosses: Float32Array;
  /** What the router of each module did; empty where nothing is routed. */
  readonly routing: ReadonlyMap<string, Routing>;
}

/** What one call of `decode` reads: `time` new tokens of every row. */
export interface DecodingInput {
  readonly rows: number;
  readonly time: number;
  /** [rows, time] */
  readonly inputIds: BigInt64Array;
  readonly positions: BigInt64Array;
  /** New tokens of each row; what stands before them is padding. */
  readonly lengths: readonly number[];
  /** Flat positions [rows * time] whose logits are wanted. */
  readonly selected: BigInt64Array;
}

export class Engine {
  private readonly sessions = new Map<Purpose, Promise<Session>>();
  /** By their inputs' names. A step's masks are as large as its activations: new ones each time would wait for the garbage collector. */
  private readonly masks = new Map<string, Uint8Array>();

  constructor(
    readonly model: Model,
    readonly settings: EngineSettings,
  ) {}

  /**
   * Throws an InsufficientMemoryError where training on the CPU has not begun yet, and would take more than `available` bytes. What
   * another device has free is not known.
   */
  requireTrainingMemory(load: TrainingLoad, available = process.availableMemory()): void {
    const { device = 'cpu' } = this.settings;
    if (device !== 'cpu' || this.sessions.has('training')) return;
    requireTrainingMemory(this.model, this.settings, load, available);
  }

  /** Loss and gradients of one batch. `dropoutSeed(module)` seeds each module's mask: any whole number but 0. */
  async trainingStep(
    parameters: Parameters,
    batch: Batch,
    dropoutSeed: (module: string) => number,
  ): Promise<TrainingStep> {
    const { adapter, balanceWeight, dropout, recompute = false, device = 'cpu' } = this.settings;
    const session = await this.session('training', () =>
      trainingModel(this.model, adapter, { balanceWeight, dropout, recompute, device }),
    );
    const outputs = await session.run(trainingFeeds(this, session.inputNames, parameters, batch, dropoutSeed));
    const balance = outputs['balance'];
    return {
      loss: floatsOf(outputs['loss'], 'loss')[0] as number,
      balance: balance === undefined ? 0 : (floatsOf(balance, 'balance')[0] as number),
      gradients: new Map(
        [...parameters.keys()].map((name) => [name, floatsOf(outputs[gradientName(name)], gradientName(name))]),
      ),
    };
  }

  /** Token losses and mean embeddings of one batch, without dropout. */
  async evaluate(parameters: Parameters, batch: Batch): Promise<Evaluation> {
    const { adapter, device = 'cpu' } = this.settings;
    const session = await this.session('evaluation', () => evaluationModel(this.model, adapter, device));
    const outputs = await session.run({
      ...parameterFeeds(parameters),
      ...batchFeeds(this, session.inputNames, batch),
    });
    const modules = adapter.kind === 'mole' ? this.model.modules : [];
    return {
      tokenLosses: floatsOf(outputs['token_losses'], 'token_losses'),
      routing: new Map(
        modules.map(({ name }) => {
          const output = (of: string): Float32Array => floatsOf(outputs[of], of);
          const chosen = output(chosenName(name));
          return [
            name,
            { chosen, token: output(tokenEmbeddingName(name)), experts: output(expertEmbeddingsName(name)) },
          ];
        }),
      ),
    };
  }

  /** Logits [selected, vocabulary] after some new tokens, which are added to `cache`; null where nothing comes before or after. */
  async decode(
    parameters: Parameters,
    input: DecodingInput,
    cache: KeyValueCache | null,
  ): Promise<{ logits: Float32Array }> {
    const session = await this.session('decoding', () => decodingModel(this.model, this.settings.adapter));
    const { rows, time, lengths, selected } = input;
    const past = cache ?? new KeyValueCache(this.model.decoder, rows);
    const outputs = await session.run({
      ...parameterFeeds(parameters),
      ...past.feeds(),
      [inputNames.inputIds]: integers(input.inputIds, [rows, time]),
      [inputNames.positions]: integers(input.positions, [rows, time]),
      ...attentionFeeds(session.inputNames, this.model.decoder, { lengths, time, past }),
      [inputNames.tokenWeights]: floats(new Float32Array(rows * time), [rows * time, 1]),
      [inputNames.selected]: integers(selected, [selected.length, 1]),
    });
    const output = (name: string): Float32Array => floatsOf(outputs[name], name);
    cache?.append((part, layer) => output(cacheName(part, layer)), lengths, time);
    return { logits: output('logits') };
  }

  /** `length` elements of the memory of a module's mask, which the next step uses again. */
  maskBuffer(name: string, length: number): Uint8Array {
    let buffer = this.masks.get(name);
    if (buffer === undefined || buffer.length < length) this.masks.set(name, (buffer = new Uint8Array(length)));
    return buffer.subarray(0, length);
  }

  async release(): Promise<void> {
    this.masks.clear();
    const sessions = await Promise.all(this.sessions.values());
    this.sessions.clear();
    await Promise.all(sessions.map((session) => session.release()));
  }

  private session(purpose: Purpose, build: () => GraphOutputs): Promise<Session> {
    const known = this.sessions.get(purpose);
    if (known !== undefined) return known;
    const { device = 'cpu', threads, profile } = this.settings;
    const created = Session.create(build(), {
      device,
      threads,
      weightsFolder: this.model.weightsFolder,
      layout: weightLayout(this.model, purpose, this.settings),
      ...(profile === undefined ? {} : { profile: `${profile}-${purpose}` }),
    });
    this.sessions.set(purpose, created);
    // one that could not be made must not be remembered: memory may be free again, files may be back
    created.catch(() => this.sessions.delete(purpose));
    return created;
  }
}

function parameterFeeds(parameters: Parameters): Feeds {
  return Object.fromEntries([...parameters].map(([name, { values, shape }]) => [name, floats(values, shape)]));
}

/** What a session over a training step's graph is fed; `inputs` are the names of its inputs. */
export function trainingFeeds(
  engine: Engine,
  inputs: readonly string[],
  parameters: Parameters,
  batch: Batch,
  dropoutSeed: (module: string) => number,
): Feeds {
  const { model, settings } = engine;
  const { dropout, recompute = false } = settings;
  const feeds = { ...parameterFeeds(parameters), ...batchFeeds(engine, inputs, batch) };
  if (recompute) feeds[inputNames.zero] = floats(new Float32Array(1), [1]);
  if (dropout === 0) return feeds;
  for (const { name, inputWidth } of model.modules) {
    const shape = [batch.rows * batch.time, inputWidth];
    const mask = engine.maskBuffer(name, batch.rows * batch.time * inputWidth);
    fillDropoutMask(mask, dropout, dropoutSeed(name));
    feeds[dropoutMaskName(name)] = booleans(mask, shape);
  }
  return feeds;
}

function batchFeeds({ model, settings }: Engine, inputs: readonly string[], batch: Batch): Feeds {
  const { rows, time, selected } = batch;
  const count = selected.length;
  return {
    ...attentionFeeds(inputs, model.decoder, batch),
    [inputNames.inputIds]: integers(batch.inputIds, [rows, time]),
    [inputNames.positions]: integers(batch.positions, [rows, time]),
    [inputNames.tokenWeights]: floats(batch.tokenWeights, [rows * time, 1]),
    [inputNames.selected]: integers(selected, [count, 1]),
    ...targetFeeds(batch, settings.device),
  };
}

function targetFeeds({ targets, targetWeight }: Batch, device: Device = 'cpu'): Feeds {
  const feeds: Feeds = {};
  boundsOf(targetPartsOn(device), targets.length).forEach(({ start, end }, part) => {
    const shape = [end - start, 1];
    feeds[targetsName(part)] = integers(targets.subarray(start, end), shape);
    feeds[targetWeightsName(part)] = floats(new Float32Array(end - start).fill(targetWeight), shape);
  });
  return feeds;
}
