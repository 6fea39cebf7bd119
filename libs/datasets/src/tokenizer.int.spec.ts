import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadTokenizer } from './tokenizer.js';

const model = fileURLToPath(new URL('../../../examples/quickstart/model', import.meta.url));

describe("a base model's tokenizer", () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenizer-'));
    for (const name of ['tokenizer.json', 'tokenizer_config.json', 'config.json', 'generation_config.json']) {
      await cp(join(model, name), join(folder, name));
    }
  });
  afterEach(() => rm(folder, { recursive: true }));

  const change = async (name: string, fields: Record<string, unknown>): Promise<void> => {
    const before = JSON.parse(await readFile(join(folder, name), 'utf8')) as object;
    await writeFile(join(folder, name), JSON.stringify({ ...before, ...fields }));
  };

  it('puts BOS before a text only where asked, and gives texts back as they were', async () => {
    const tokenizer = await loadTokenizer(model);
    const text = 'Name the gene . It is "p53" , isn\'t it ? na\u00efve \u4f60\u597d\n\n### Response:\n';
    const plain = tokenizer.encode(text, { withSpecialTokens: false });
    expect(tokenizer.encode(text, { withSpecialTokens: true })).toEqual([1, ...plain]);
    expect(tokenizer.decode([1, ...plain, 2, 0])).toBe(text);
    expect(tokenizer).toMatchObject({ prefixIds: [1], eosTokenId: 2, stopTokenIds: [2], padTokenId: 0 });
    expect(tokenizer.encode('', { withSpecialTokens: true })).toEqual([1]);
  });

  it('decodes nothing, special tokens alone and ids beyond the vocabulary to the empty text', async () => {
    const tokenizer = await loadTokenizer(model);
    expect(tokenizer.decode([])).toBe('');
    expect(tokenizer.decode([1, 2, 0])).toBe('');
    expect(tokenizer.decode([99_999])).toBe('');
  });

  it('leaves out an ending that the tokenizer would add', async () => {
    const json = JSON.parse(await readFile(join(folder, 'tokenizer.json'), 'utf8')) as {
      post_processor: { single: unknown[]; special_tokens: object };
    };
    json.post_processor.single.push({ SpecialToken: { id: '</s>', type_id: 0 } });
    json.post_processor.special_tokens = {
      ...json.post_processor.special_tokens,
      '</s>': { id: '</s>', ids: [2], tokens: ['</s>'] },
    };
    await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(json));
    const tokenizer = await loadTokenizer(folder);
    expect(tokenizer.prefixIds).toEqual([1]);
    expect(tokenizer.encode('word', { withSpecialTokens: true })).not.toContain(2);
  });

  it("takes the tokenizer's own EOS first, and stops at all that the configurations name", async () => {
    await change('tokenizer_config.json', { eos_token: { content: '</s>' }, pad_token: null });
    await change('config.json', { eos_token_id: [5, 2], pad_token_id: null });
    await change('generation_config.json', { eos_token_id: 6, pad_token_id: null });
    expect(await loadTokenizer(folder)).toMatchObject({ eosTokenId: 2, stopTokenIds: [2, 5, 6], padTokenId: 2 });
  });

  it('stops at every token that generation_config.json lists', async () => {
    await change('tokenizer_config.json', { eos_token: null });
    await change('config.json', { eos_token_id: null });
    await change('generation_config.json', { eos_token_id: [6, 2, 7] });
    expect(await loadTokenizer(folder)).toMatchObject({ eosTokenId: 6, stopTokenIds: [6, 2, 7] });
  });

  /** The tokenizer with a token beside its 4,096 ones, and the row for it where the model is given one. */
  async function addToken(content: string, vocabularySize: number): Promise<void> {
    const json = JSON.parse(await readFile(join(folder, 'tokenizer.json'), 'utf8')) as { added_tokens: object[] };
    json.added_tokens.push({ ...json.added_tokens[0], id: 4096, content });
    await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(json));
    await change('config.json', { vocab_size: vocabularySize });
  }

  it('reads an added token as one', async () => {
    await addToken('<call>', 4097);
    const tokenizer = await loadTokenizer(folder);
    const ids = tokenizer.encode('now <call> him', { withSpecialTokens: false });
    expect(ids.filter((id) => id === 4096)).toHaveLength(1);
    expect(tokenizer.decode(ids)).not.toContain('call');
  });

  it('refuses a text with an added token that the embedding has no row for, and no other text', async () => {
    await addToken('<call>', 4096);
    const tokenizer = await loadTokenizer(folder);
    const plain = (await loadTokenizer(model)).encode('now call him', { withSpecialTokens: true });
    expect(tokenizer.encode('now call him', { withSpecialTokens: true })).toEqual(plain);
    expect(() => tokenizer.encode('now <call> him', { withSpecialTokens: false })).toThrow(
      `${folder}: token 4096 has no row in the embedding: vocab_size of config.json is 4096`,
    );
  });

  it('refuses an EOS that the embedding has no row for', async () => {
    await addToken('<end>', 4096);
    await change('tokenizer_config.json', { eos_token: '<end>' });
    await expect(loadTokenizer(folder)).rejects.toThrow(/token 4096 has no row in the embedding/);
  });

  it.each<[what: string, fields: Record<string, unknown>, config: Record<string, unknown>]>([
    ['no token', {}, {}],
    ['an unknown token', { pad_token: '[PAD]' }, {}],
    ['a token without a row in the embedding', { pad_token: { content: '<padding>' } }, { pad_token_id: 4096 }],
    ['a negative token', {}, { pad_token_id: -1 }],
  ])('pads with EOS where the files name %s for it', async (_what, fields, config) => {
    await addToken('<padding>', 4096);
    await change('tokenizer_config.json', { pad_token: undefined, ...fields });
    await change('config.json', { pad_token_id: undefined, ...config });
    await change('generation_config.json', { pad_token_id: undefined });
    expect(await loadTokenizer(folder)).toMatchObject({ eosTokenId: 2, padTokenId: 2 });
  });

  it('pads with the first token that has a row in the embedding', async () => {
    await addToken('<padding>', 4096);
    await change('tokenizer_config.json', { pad_token: '<padding>' });
    await change('config.json', { pad_token_id: 3 });
    expect(await loadTokenizer(folder)).toMatchObject({ padTokenId: 3 });
    await change('config.json', { vocab_size: 4097 });
    expect(await loadTokenizer(folder)).toMatchObject({ padTokenId: 4096 });
  });

  it('does without the files beside tokenizer.json as long as one names EOS', async () => {
    await rm(join(folder, 'tokenizer_config.json'));
    await rm(join(folder, 'generation_config.json'));
    expect(await loadTokenizer(folder)).toMatchObject({ eosTokenId: 2, padTokenId: 0 });
    await rm(join(folder, 'config.json'));
    await expect(loadTokenizer(folder)).rejects.toThrow(/no end-of-text token/);
  });

  it('names the file that is missing, malformed or no tokenizer', async () => {
    await change('tokenizer_config.json', { eos_token: '<absent>' });
    await expect(loadTokenizer(folder)).rejects.toThrow(
      /tokenizer_config\.json: eos_token "<absent>" is no token of the vocabulary/,
    );
    await change('tokenizer_config.json', { eos_token: null });
    await change('config.json', { eos_token_id: -1 });
    await expect(loadTokenizer(folder)).rejects.toThrow(/config\.json: eos_token_id -1 is not a whole number/);
    await writeFile(join(folder, 'tokenizer.json'), '{"model":{}}');
    await expect(loadTokenizer(folder)).rejects.toThrow(/tokenizer\.json: the tokenizer cannot be built/);
    await writeFile(join(folder, 'tokenizer.json'), '{');
    await expect(loadTokenizer(folder)).rejects.toThrow(/tokenizer\.json: the file is not JSON/);
    await rm(join(folder, 'tokenizer.json'));
    await expect(loadTokenizer(folder)).rejects.toThrow(/tokenizer\.json: the tokenizer is missing/);
  });
});
