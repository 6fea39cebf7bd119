import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Model } from '@fedamole/base-models';
import type { Parameters } from '@fedamole/mole';
import type { Sequence } from './batch.js';
import { choiceAccuracy, chosenAnswers } from './choices.js';
import { Engine } from './engine.js';
import { meanLoss, targetLosses } from './evaluation.js';
import { drawnParameters, drawnSequences, mole, padTokenId, tinyModel } from './small-models.fixture.js';

let model: Model;
let engine: Engine;
let parameters: Parameters;
/** Questions of two to five choices, which differ in length. */
let questions: readonly { readonly sequences: readonly Sequence[] }[];
beforeAll(async () => {
  model = await tinyModel();
  engine = new Engine(model, { adapter: mole, balanceWeight: 0, dropout: 0, threads: 1 });
  parameters = drawnParameters(model, [4, 3]);
  questions = Array.from({ length: 12 }, (_, question) => {
    const [{ ids: prompt } = { ids: [] }] = drawnSequences(model, [3 + ((question * 5) % 17)], `prompt ${question}`);
    const lengths = Array.from({ length: 2 + (question % 4) }, (_, choice) => 1 + ((question + 3 * choice) % 6));
    const choices = drawnSequences(model, lengths, `choices ${question}`);
    return { sequences: choices.map(({ ids }) => ({ ids: [...prompt, ...ids], promptLength: prompt.length })) };
  });
});
afterAll(() => engine.release());

describe('multiple choice', () => {
  it('chooses what has the lowest mean loss when each choice is evaluated alone', async () => {
    const expected: number[] = [];
    for (const { sequences } of questions) {
      const losses: number[] = [];
      for (const sequence of sequences) losses.push(await meanLoss(engine, parameters, [sequence], padTokenId));
      expected.push(losses.indexOf(Math.min(...losses)));
    }
    expect(await chosenAnswers(engine, parameters, questions, padTokenId)).toEqual(expected);
    expect(new Set(expected).size).toBeGreaterThan(2);
  });

  it('takes the mean, not the sum: a choice is not worse for being long', async () => {
    const [{ ids } = { ids: [] }] = drawnSequences(model, [12]);
    const promptLength = 5;
    const prompt = ids.slice(0, promptLength);
    const words = Array.from({ length: 50 }, (_, word) => ({ ids: [...prompt, word + 3], promptLength }));
    const single = await targetLosses(engine, parameters, words, padTokenId);
    const hardest = single.reduce((left, right) => (right.sum > left.sum ? right : left));
    const long = { ids, promptLength };
    const [longer] = await targetLosses(engine, parameters, [long], padTokenId);
    expect(longer?.sum).toBeGreaterThan(hardest.sum);
    const sequences = [words[single.indexOf(hardest)] as Sequence, long];
    expect(await chosenAnswers(engine, parameters, [{ sequences }], padTokenId)).toEqual([1]);
  });

  it('takes the first of equals', async () => {
    const sequences = [0, 0, 0].map(() => questions[0]?.sequences[0] as Sequence);
    expect(await chosenAnswers(engine, parameters, [{ sequences }], padTokenId)).toEqual([0]);
  });

  it('is as accurate as the share of answers that it chooses', async () => {
    const chosen = await chosenAnswers(engine, parameters, questions, padTokenId);
    const answered = questions.map(({ sequences }, index) => ({
      sequences,
      answer: index < 9 ? (chosen[index] as number) : ((chosen[index] as number) + 1) % sequences.length,
    }));
    expect(await choiceAccuracy(engine, parameters, answered, padTokenId)).toBe(0.75);
  });

  it('refuses a question without choices, and no questions', async () => {
    const empty = chosenAnswers(engine, parameters, [...questions, { sequences: [] }], padTokenId);
    await expect(empty).rejects.toThrow('question 12 has no choices');
    await expect(choiceAccuracy(engine, parameters, [], padTokenId)).rejects.toThrow('there are no questions');
  });
});
