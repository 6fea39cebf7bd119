/** Against transformers' own numbers: fixtures/generation.py. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Engine } from './engine.js';
import { generate } from './generation.js';
import { makeBatch } from './batch.js';
import { candidates, penalised } from './sampling.js';
import { allLogits, padTokenId, quickstartModel } from './small-models.fixture.js';

interface Distribution {
  readonly prompt: number;
  readonly temperature: number;
  readonly topK: number | null;
  readonly topP: number | null;
  readonly repetitionPenalty: number;
  /** Tokens of a probability above 0. */
  readonly kept: number;
  /** Token and probability, likeliest first. */
  readonly likeliest: readonly (readonly [number, number])[];
}

interface References {
  readonly prompts: readonly (readonly number[])[];
  readonly greedy: readonly (readonly number[])[];
  readonly penalised: { readonly repetitionPenalty: number; readonly answers: readonly (readonly number[])[] };
  readonly distributions: readonly Distribution[];
}

let engine: Engine;
let references: References;
beforeAll(async () => {
  const file = fileURLToPath(new URL('../../../fixtures/generation.json', import.meta.url));
  references = JSON.parse(await readFile(file, 'utf8')) as References;
  engine = new Engine(await quickstartModel(), { adapter: { kind: 'none' }, balanceWeight: 0, dropout: 0, threads: 1 });
});
afterAll(() => engine.release());

describe('generation', () => {
  const settings = { maxNewTokens: 24, stopTokenIds: [2], padTokenId };

  it('continues as transformers does', async () => {
    expect(await generate(engine, new Map(), references.prompts, settings)).toEqual(references.greedy);
  });

  it('continues as transformers does with a repetition penalty', async () => {
    const { repetitionPenalty, answers } = references.penalised;
    const found = await generate(engine, new Map(), references.prompts, { ...settings, repetitionPenalty });
    expect(found).toEqual(answers);
    expect(found).not.toEqual(references.greedy);
  });

  it('draws from the probabilities that transformers draws from', async () => {
    const width = engine.model.decoder.vocabularySize;
    for (const { prompt, temperature, topK, topP, repetitionPenalty, kept, likeliest } of references.distributions) {
      const ids = references.prompts[prompt] as readonly number[];
      const batch = makeBatch([{ ids, promptLength: 1 }], padTokenId);
      const logits = (await allLogits(engine, new Map(), batch)).slice(-width);
      const { tokens, probabilities } = candidates(penalised(logits, ids, repetitionPenalty), {
        temperature,
        ...(topK === null ? {} : { topK }),
        ...(topP === null ? {} : { topP }),
      });
      expect(tokens).toHaveLength(kept);
      for (const [token, probability] of likeliest) {
        expect(Math.abs((probabilities[tokens.indexOf(token)] as number) - probability)).toBeLessThan(2e-5);
      }
    }
    expect(references.distributions).toHaveLength(20);
  });
});
