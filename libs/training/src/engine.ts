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
import { dropoutMask } from './dropout.js';
import {
  cacheName,
  chosenName,
  decodingModel,
  evaluationModel,
  expertEmbeddingsName,
  gradientName,
  inputNames,
  pastName,
  tokenEmbeddingName,
  trainingModel,
} from './model-graphs.js';
import { floats, floatsOf, integers, Session, type Feeds } from './session.js';

export interface EngineSettings {
  readonly adapter: AdapterKind;
  /** Weight of the balance loss in the training loss (lambda). */
  readonly balanceWeight: number;
  /** Rate of dropout on the adapters' input while training; 0 for none. */
  readonly dropout: number;
  /** The CPU where left out. */
  readonly device?: Device;
  /** Of the CPU. */
  readonly threads: number;
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

/** What one call of `decode` reads: `time` new tokens of every row after `past` earlier ones. */
export interface DecodingInput {
  readonly rows: number;
  readonly time: number;
  readonly past: number;
  readonly inputIds: BigInt64Array;
  readonly positions: BigInt64Array;
  /** Real tokens of each row so far, the new ones included. */
  readonly lengths: readonly number[];
  /** Flat positions whose logits are wanted. */
  readonly selected: BigInt64Array;
}

/** The key-value cache between two calls of `decode`; null at the start. */
export type Cache = Readonly<Feeds> | null;

export class Engine {
  private readonly sessions = new Map<string, Promise<Session>>();

  constructor(
    readonly model: Model,
    readonly settings: EngineSettings,
  ) {}

  /** Loss and gradients of one batch. `dropoutSeed(module)` seeds each module's mask: any whole number but 0. */
  async trainingStep(
    parameters: Parameters,
    batch: Batch,
    dropoutSeed: (module: string) => number,
  ): Promise<TrainingStep> {
    const { adapter, balanceWeight, dropout } = this.settings;
    const session = await this.session('training', () =>
      trainingModel(this.model, adapter, { balanceWeight, dropout: dropout > 0 }),
    );
    const feeds = { ...parameterFeeds(parameters), ...batchFeeds(session.inputNames, batch) };
    if (dropout > 0) {
      for (const { name, inputWidth } of this.model.modules) {
        const shape = [batch.rows * batch.time, inputWidth];
        const mask = dropoutMask(batch.rows * batch.time * inputWidth, dropout, dropoutSeed(name));
        feeds[dropoutMaskName(name)] = floats(mask, shape);
      }
    }
    const outputs = await session.run(feeds);
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
    const session = await this.session('evaluation', () => evaluationModel(this.model, this.settings.adapter));
    const outputs = await session.run({ ...parameterFeeds(parameters), ...batchFeeds(session.inputNames, batch) });
    const modules = this.settings.adapter.kind === 'mole' ? this.model.modules : [];
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

  /** Logits [selected, vocabulary] after some new tokens, and the cache that they leave. */
  async decode(
    parameters: Parameters,
    input: DecodingInput,
    cache: Cache,
  ): Promise<{ logits: Float32Array; cache: Feeds }> {
    const session = await this.session('decoding', () => decodingModel(this.model, this.settings.adapter));
    const { rows, time } = input;
    const outputs = await session.run({
      ...parameterFeeds(parameters),
      ...(cache ?? this.emptyCache(rows)),
      [inputNames.inputIds]: integers(input.inputIds, [rows, time]),
      [inputNames.positions]: integers(input.positions, [rows, time]),
      ...attentionFeeds(session.inputNames, input),
      [inputNames.tokenWeights]: floats(new Float32Array(rows * time), [rows * time, 1]),
      [inputNames.selected]: integers(input.selected, [input.selected.length, 1]),
    });
    const next: Feeds = {};
    for (const [part, layer] of this.cacheParts()) {
      const tensor = outputs[cacheName(part, layer)];
      if (tensor === undefined) throw new Error(`the session's output ${cacheName(part, layer)} is missing`);
      next[pastName(part, layer)] = tensor;
    }
    return { logits: floatsOf(outputs['logits'], 'logits'), cache: next };
  }

  async release(): Promise<void> {
    const sessions = await Promise.all(this.sessions.values());
    this.sessions.clear();
    await Promise.all(sessions.map((session) => session.release()));
  }

  private emptyCache(rows: number): Feeds {
    const { keyValueHeads, headWidth } = this.model.decoder;
    const shape = [rows, keyValueHeads, 0, headWidth];
    return Object.fromEntries(
      this.cacheParts().map(([part, layer]) => [pastName(part, layer), floats(new Float32Array(0), shape)]),
    );
  }

  private cacheParts(): (readonly ['keys' | 'values', number])[] {
    return Array.from({ length: this.model.decoder.layers }, (_, layer) => [
      ['keys', layer] as const,
      ['values', layer] as const,
    ]).flat();
  }

  private session(name: string, build: () => GraphOutputs): Promise<Session> {
    const known = this.sessions.get(name);
    if (known !== undefined) return known;
    const { device = 'cpu', threads } = this.settings;
    const created = Session.create(build(), { device, threads, weightsFolder: this.model.weightsFolder });
    this.sessions.set(name, created);
    // one that could not be made must not be remembered: memory may be free again, files may be back
    created.catch(() => this.sessions.delete(name));
    return created;
  }
}

function parameterFeeds(parameters: Parameters): Feeds {
  return Object.fromEntries([...parameters].map(([name, { values, shape }]) => [name, floats(values, shape)]));
}

function batchFeeds(inputs: readonly string[], batch: Batch): Feeds {
  const { rows, time, selected } = batch;
  const count = selected.length;
  return {
    ...attentionFeeds(inputs, { ...batch, past: 0 }),
    [inputNames.inputIds]: integers(batch.inputIds, [rows, time]),
    [inputNames.positions]: integers(batch.positions, [rows, time]),
    [inputNames.tokenWeights]: floats(batch.tokenWeights, [rows * time, 1]),
    [inputNames.selected]: integers(selected, [count, 1]),
    [inputNames.targets]: integers(batch.targets, [count, 1]),
    [inputNames.targetWeights]: floats(new Float32Array(count).fill(1 / count), [count, 1]),
  };
}
