import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { alpacaPrompt } from './alpaca-prompt.js';
import { generationPrompt, tokenizeChoices, tokenizeExample } from './tokenize-example.js';
import { loadTokenizer } from './tokenizer.js';
import type { Tokenizer } from './tokenizer.js';

const model = fileURLToPath(new URL('../../../examples/quickstart/model', import.meta.url));
const example = {
  instruction: 'Name the passenger.',
  input: 'Mary is late.',
  output: 'Mary, who is late for the flight',
};

describe('the Alpaca prompt', () => {
  it('names the input where there is one', () => {
    expect(alpacaPrompt({ instruction: 'Do.', input: 'This' })).toBe(
      'Below is an instruction that describes a task, paired with an input that provides further context. Write a response that appropriately completes the request.\n\n### Instruction:\nDo.\n\n### Input:\nThis\n\n### Response:\n',
    );
  });

  it('takes its second form where there is none', () => {
    expect(alpacaPrompt({ instruction: 'Do.', input: ' ' })).toBe(
      'Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n### Instruction:\nDo.\n\n### Response:\n',
    );
  });
});

describe('a tokenized example', () => {
  let tokenizer: Tokenizer;
  beforeAll(async () => {
    tokenizer = await loadTokenizer(model);
  });
  const tokenized = (maxLength: number): NonNullable<ReturnType<typeof tokenizeExample>> => {
    const result = tokenizeExample(tokenizer, example, maxLength);
    if (result === null) throw new Error('the example was dropped');
    return result;
  };

  it('is BOS, prompt, answer and EOS', () => {
    const { ids, promptIds, promptLength } = tokenized(512);
    expect(promptIds[0]).toBe(1);
    expect(tokenizer.decode(promptIds)).toBe(alpacaPrompt(example));
    expect(ids.slice(0, promptLength)).toEqual(promptIds);
    expect(ids.at(-1)).toBe(tokenizer.eosTokenId);
    expect(tokenizer.decode(ids.slice(promptLength))).toBe(example.output);
  });

  it("is cut at the answer's end, before EOS", () => {
    const whole = tokenized(512);
    const cut = tokenized(whole.promptLength + 3);
    expect(cut.ids).toEqual([...whole.ids.slice(0, whole.promptLength + 2), tokenizer.eosTokenId]);
    expect(tokenized(whole.ids.length).ids).toEqual(whole.ids);
  });

  it('is dropped where the prompt alone fills the length, and not before', () => {
    const { promptIds, promptLength } = tokenized(512);
    expect(tokenizeExample(tokenizer, example, promptLength)).toBeNull();
    expect(tokenized(promptLength + 1).ids).toEqual([...promptIds, tokenizer.eosTokenId]);
  });

  it('leaves room for new tokens by losing the beginning of its prompt, not BOS and not the end', () => {
    const { promptIds } = tokenized(512);
    const length = promptIds.length;
    expect(generationPrompt(tokenizer, promptIds, length + 10, 10)).toEqual(promptIds);
    expect(generationPrompt(tokenizer, promptIds, length + 8, 10)).toEqual([1, ...promptIds.slice(3)]);
    expect(generationPrompt(tokenizer, promptIds, 12, 10)).toEqual([1, promptIds.at(-1)]);
    expect(() => generationPrompt(tokenizer, promptIds, 11, 10)).toThrow(/10 new tokens leave 1 of 11 positions/);
  });

  it('has a sequence for each of its choices, as if that were the answer', () => {
    const { promptIds, promptLength } = tokenized(512);
    const choices = ['Mary', 'the flight', example.output];
    for (const maxLength of [512, promptLength + 3]) {
      const expected = choices.map((output) => tokenizeExample(tokenizer, { ...example, output }, maxLength));
      expect(tokenizeChoices(tokenizer, { ...example, choices, promptIds }, maxLength)).toEqual({
        sequences: expected,
        answer: 2,
      });
    }
    expect(tokenizeChoices(tokenizer, { ...example, promptIds }, 512)).toBeNull();
  });
});
