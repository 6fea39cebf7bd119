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
