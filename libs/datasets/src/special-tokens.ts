import { DatasetError } from './errors.js';

type Settings = Readonly<Record<string, unknown>>;

/**
 * The ids of the tokens that end and pad a text. The tokenizer's own name for them comes first: an instruction model's
 * config.json lists several ends, of which its tokenizer names the one for answers.
 */
export function specialTokens(
  modelFolder: string,
  idOf: (token: string) => number | undefined,
  [tokenizerConfig, config, generationConfig]: readonly [Settings, Settings, Settings],
): { readonly eosTokenId: number; readonly stopTokenIds: readonly number[]; readonly padTokenId: number } {
  const candidates = (name: 'eos' | 'pad'): number[] => [
    ...named(modelFolder, idOf, `${name}_token`, tokenizerConfig),
    ...numbered(`${modelFolder}/config.json`, `${name}_token_id`, config),
    ...numbered(`${modelFolder}/generation_config.json`, `${name}_token_id`, generationConfig),
  ];
  const stopTokenIds = [...new Set(candidates('eos'))];
  const [eosTokenId] = stopTokenIds;
  if (eosTokenId === undefined) {
    throw new DatasetError(
      `${modelFolder}: no end-of-text token: tokenizer_config.json has no eos_token, config.json and generation_config.json no eos_token_id`,
    );
  }
  return { eosTokenId, stopTokenIds, padTokenId: candidates('pad')[0] ?? eosTokenId };
}

/** A token by its text, or by an object that holds its text. */
function named(
  modelFolder: string,
  idOf: (token: string) => number | undefined,
  field: string,
  settings: Settings,
): number[] {
  const value = settings[field] ?? undefined;
  if (value === undefined) return [];
  const token = typeof value === 'object' ? (value as { content?: unknown }).content : value;
  const id = typeof token === 'string' ? idOf(token) : undefined;
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
