/** A client's personalised model on this machine: the base model's folder with the adapter that the platform keeps. */
import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { decodeAdapter } from '@fedamole/adapters';
import type { ApiClient } from '@fedamole/api-client';
import { folderDigest } from '@fedamole/artifacts';
import { holdWeights, readBaseModel, type Model } from '@fedamole/base-models';
import { alpacaPrompt, generationPrompt, loadTokenizer, TextStream } from '@fedamole/datasets';
import { selectModules } from '@fedamole/models';
import { stackParameters } from '@fedamole/mole';
import { Engine, generateSteps, type SamplingSettings } from '@fedamole/training';
import { FailedError, NotFoundError } from './command-line/exit-status.js';
import type { Context } from './command-line/context.js';
import { adapterBytes } from './commands/adapters.js';
import type { Federation } from './resources.js';
import { UsageError } from './usage-error.js';

export interface Piece {
  readonly text: string;
  /** That were generated so far. */
  readonly tokens: number;
}

export interface PersonalisedModel {
  readonly round: number;
  /** The prompt that training examples with this instruction and input have. */
  template(instruction: string, input: string): string;
  answer(prompt: string, settings: { maxTokens: number; sampling: SamplingSettings | null }): AsyncGenerator<Piece>;
  release(): Promise<void>;
}

interface Wanted {
  readonly federation: Federation;
  readonly client: string;
  readonly round: number | undefined;
  readonly modelsFolder: string | undefined;
}

export async function openPersonalisedModel(
  context: Context,
  api: ApiClient,
  { federation, client, round, modelsFolder }: Wanted,
): Promise<PersonalisedModel> {
  const { id, configuration } = federation;
  const query = { round: round?.toString() };
  const { adapters } = await api.call('GET /v1/federations/{id}/adapters', { path: { id }, query });
  const adapter = adapters.find((candidate) => candidate.client === client);
  if (adapter === undefined) throw new NotFoundError(`Federation ${id} has no adapter of "${client}" yet.`);
  const folder = await baseModelFolder(context, federation, modelsFolder);
  const ofRound = { path: { id }, query: { round: String(adapter.round) } };
  const { assignment } = await api.call('GET /v1/federations/{id}/assignments', ofRound);
  const model = await heldModel(context, federation, folder);
  const { rank, alpha, topK, balanceWeight, dropout } = configuration;
  const experts = decodeAdapter(await adapterBytes(api, id, adapter), model.modules, assignment[client] ?? {}, rank);
  const parameters = stackParameters(model.modules, experts, rank);
  const kind = { kind: 'mole', rank, alpha, topK } as const;
  const engine = new Engine(model, { adapter: kind, balanceWeight, dropout, threads: availableParallelism() });
  const tokenizer = await loadTokenizer(folder);
  return {
    round: adapter.round,
    template: (instruction, input) => alpacaPrompt({ instruction, input }),
    async *answer(text, { maxTokens, sampling }) {
      const { maxPositions } = model.decoder;
      if (maxTokens >= maxPositions) {
        throw new UsageError(`--max-tokens is ${maxTokens}: the model has ${maxPositions} positions for all`);
      }
      const encoded = tokenizer.encode(text, { withSpecialTokens: true });
      const prompt = generationPrompt(tokenizer, encoded, maxPositions, maxTokens);
      const { stopTokenIds, padTokenId } = tokenizer;
      const settings = {
        maxNewTokens: maxTokens,
        stopTokenIds,
        padTokenId,
        ...(sampling === null ? {} : { sampling }),
      };
      const stream = new TextStream(tokenizer);
      let count = 0;
      for await (const { tokens } of generateSteps(engine, parameters, [prompt], settings)) {
        for (const { token } of tokens) yield { text: stream.push(token), tokens: ++count };
      }
      yield { text: stream.end(), tokens: count };
    },
    release: () => engine.release(),
  };
}

/** Throws where it is not found, or holds another model than the federation's. */
async function baseModelFolder(
  context: Context,
  { baseModel }: Federation,
  given: string | undefined,
): Promise<string> {
  const modelsFolder = given ?? (await context.cluster())?.modelsFolder;
  if (modelsFolder === undefined) {
    throw new UsageError('The platform runs elsewhere: name the models root of this machine with --models.');
  }
  const folder = join(modelsFolder, baseModel.name);
  const digest = await folderDigest(folder).catch((error: unknown) => {
    throw new UsageError(`${folder}: ${error instanceof Error ? error.message : String(error)}`);
  });
  if (digest === baseModel.digest) return folder;
  throw new FailedError(`${folder} has digest ${digest}; the federation's base model has ${baseModel.digest}.`);
}

/** The modules that the federation adapts, with the frozen weights in the form that it trained with. */
async function heldModel(context: Context, federation: Federation, folder: string): Promise<Model> {
  const model = await readBaseModel(folder);
  const { targetModules } = federation.configuration;
  const modules = targetModules === null ? model.modules : selectModules(model.decoder, targetModules);
  const weights = join(context.stateFolder, 'weights');
  await mkdir(weights, { recursive: true, mode: 0o700 });
  return holdWeights({ ...model, modules }, federation.weightForm ?? 'float32', { folder: weights });
}
