import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { DatasetError } from './errors.js';
import { requireRows, specialTokens } from './special-tokens.js';

/** A base model's own tokenizer, as its folder describes it. */
export interface Tokenizer {
  /**
   * Token ids of a text; with special tokens it begins with `prefixIds`. An ending is never added. Throws DatasetError where a
   * token has no row in the model's embedding.
   */
  encode(text: string, options: { readonly withSpecialTokens: boolean }): number[];
  /** Special tokens and ids outside the vocabulary (padding of the embedding matrix) leave no trace. */
  decode(ids: readonly number[]): string;
  /** What the tokenizer puts before a text: usually BOS, or nothing. */
  readonly prefixIds: readonly number[];
  /** Ends every answer. */
  readonly eosTokenId: number;
  /** All that ends a generated answer: `eosTokenId` first, then what the model's configuration names beside it. */
  readonly stopTokenIds: readonly number[];
  /** EOS where the model has no token for padding, or none with a row in its embedding. */
  readonly padTokenId: number;
}

/**
 * Reads tokenizer.json, and tokenizer_config.json, config.json and generation_config.json where they exist.
 *
 * @throws DatasetError where tokenizer.json is missing or malformed, or no end-of-text token is known
 */
export async function loadTokenizer(modelFolder: string): Promise<Tokenizer> {
  const file = join(modelFolder, 'tokenizer.json');
  const definition = await readObject(file);
  if (definition === undefined) throw new DatasetError(`${file}: the tokenizer is missing`);
  const [tokenizerConfig = {}, config = {}, generationConfig = {}] = await Promise.all(
    ['tokenizer_config.json', 'config.json', 'generation_config.json'].map((name) =>
      readObject(join(modelFolder, name)),
    ),
  );
  const tokenizer = built(file, definition, tokenizerConfig);
  const encode = (text: string, add_special_tokens: boolean): number[] => {
    const { ids } = tokenizer.encode(text, { add_special_tokens });
    requireRows(modelFolder, ids, config);
    return ids;
  };
  const prefixIds = prefix(encode('a', true), encode('a', false));
  return {
    encode: (text, { withSpecialTokens }) => [...(withSpecialTokens ? prefixIds : []), ...encode(text, false)],
    decode: (ids) => {
      const known = ids.filter((id) => tokenizer.id_to_token(id) !== undefined);
      if (known.length === 0) return '';
      return tokenizer.decode(known, { skip_special_tokens: true, clean_up_tokenization_spaces: false });
    },
    prefixIds,
    ...specialTokens(modelFolder, (token) => tokenizer.token_to_id(token), [tokenizerConfig, config, generationConfig]),
  };
}

function built(file: string, definition: object, config: object): HuggingFaceTokenizer {
  try {
    return new HuggingFaceTokenizer(definition, config);
  } catch (error) {
    throw new DatasetError(`${file}: the tokenizer cannot be built: ${(error as Error).message}`, { cause: error });
  }
}

/** What stands before the plain ids where special tokens are added; some tokenizers also add an ending, left out here. */
function prefix(withSpecialTokens: readonly number[], plain: readonly number[]): number[] {
  const starts = withSpecialTokens.findIndex((_, start) =>
    plain.every((id, at) => withSpecialTokens[start + at] === id),
  );
  return withSpecialTokens.slice(0, Math.max(starts, 0));
}

async function readObject(file: string): Promise<Record<string, unknown> | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new DatasetError(`${file}: the file is not JSON: ${(error as Error).message}`, { cause: error });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new DatasetError(`${file}: the file is not a JSON object`);
  }
  return value as Record<string, unknown>;
}
