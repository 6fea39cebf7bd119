import { DatasetError } from './errors.js';

type Settings = Readonly<Record<string, unknown>>;

/**
 * The ids of the tokens that end and pad a text. The tokenizer's own name for them comes first: an instruction model's
 * config.json lists several ends, of which its tokenizer names the one for answers. Padding is masked wherever it goes, so that
 * EOS stands in where no token for it is known, or the one that is named has no row in the embedding.
 */
export function specialTokens(
  modelFolder: string,
  idOf: (token: string) => number | undefined,
  [tokenizerConfig, config, generationConfig]: readonly [Settings, Settings, Settings],
): { readonly eosTokenId: number; readonly stopTokenIds: readonly number[]; readonly padTokenId: number } {
  const stopTokenIds = [
    ...new Set([
      ...named(modelFolder, idOf, 'eos_token', tokenizerConfig),
      ...numbered(`${modelFolder}/config.json`, 'eos_token_id', config),
      ...numbered(`${modelFolder}/generation_config.json`, 'eos_token_id', generationConfig),
    ]),
  ];
  const [eosTokenId] = stopTokenIds;
  if (eosTokenId === undefined) {
    throw new DatasetError(
      `${modelFolder}: no end-of-text token: tokenizer_config.json has no eos_token, config.json and generation_config.json no eos_token_id`,
    );
  }
  requireRows(modelFolder, [eosTokenId], config);
  const pad = textOf(tokenizerConfig['pad_token']);
  const pads = [pad === undefined ? pad : idOf(pad), config['pad_token_id'], generationConfig['pad_token_id']];
  const rows = embeddingRows(config);
  const padTokenId = pads.find((id): id is number => Number.isSafeInteger(id) && Number(id) >= 0 && Number(id) < rows);
  return { eosTokenId, stopTokenIds, padTokenId: padTokenId ?? eosTokenId };
}

/** Throws where a token has no row in the embedding: some checkpoints' tokenizers have more tokens than their models. */
export function requireRows(modelFolder: string, ids: readonly number[], config: Settings): void {
  const rows = embeddingRows(config);
  const beyond = ids.find((id) => id >= rows);
  if (beyond === undefined) return;
  throw new DatasetError(
    `${modelFolder}: token ${beyond} has no row in the embedding: vocab_size of config.json is ${rows}`,
  );
}

const embeddingRows = ({ vocab_size: rows }: Settings): number => (typeof rows === 'number' ? rows : Infinity);

/** A token's text, as it is or in an object that holds it. */
function textOf(value: unknown): string | undefined {
  const text = typeof value === 'object' && value !== null ? (value as { content?: unknown }).content : value;
  return typeof text === 'string' ? text : undefined;
}

/** The id of a token that is given by its text. */
function named(
  modelFolder: string,
  idOf: (token: string) => number | undefined,
  field: string,
  settings: Settings,
): number[] {
  const value = settings[field] ?? undefined;
  if (value === undefined) return [];
  const token = textOf(value);
  const id = token === undefined ? undefined : idOf(token);
  if (id === undefined) {
    throw new DatasetError(
      `${modelFolder}/tokenizer_config.json: ${field} ${JSON.stringify(value)} is no token of the vocabulary`,
    );
  }
  return [id];
}

/** One id or a list of ids. */
function numbered(file: string, field: string, settings: Settings): number[] {
  const value = settings[field] ?? [];
  const ids: unknown[] = Array.isArray(value) ? value : [value];
  for (const id of ids) {
    if (!Number.isSafeInteger(id) || (id as number) < 0) {
      throw new DatasetError(`${file}: ${field} ${JSON.stringify(id)} is not a whole number of at least 0`);
    }
  }
  return ids as number[];
}
