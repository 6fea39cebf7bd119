import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Model } from '@fedamole/base-models';
import type { RotaryEmbedding, RotaryTurns } from '@fedamole/models';
import type { Parameters } from '@fedamole/mole';
import { makeBatch } from './batch.js';
import { Engine } from './engine.js';
import { generate, generateSteps } from './generation.js';
import { allLogits, drawnParameters, drawnSequences, mole, padTokenId, tinyModel } from './small-models.fixture.js';

let model: Model;
let engine: Engine;
let parameters: Parameters;
/** More than are generated at once, of many lengths. */
let prompts: readonly (readonly number[])[];
beforeAll(async () => {
  model = await tinyModel();
  engine = new Engine(model, { adapter: mole, balanceWeight: 0, dropout: 0, threads: 1 });
  parameters = drawnParameters(model, [4, 3]);
  const lengths = Array.from({ length: 19 }, (_, index) => 2 + ((index * 7) % 31));
  prompts = drawnSequences(model, lengths).map(({ ids }) => ids);
});
afterAll(() => engine.release());

const settings = { maxNewTokens: 12, stopTokenIds: [], padTokenId };

/** The continuation without a cache: all logits of all tokens so far, computed anew for each token. */
async function recomputed(prompt: readonly number[], count: number, by = engine): Promise<number[]> {
  const ids = [...prompt];
  const width = by.model.decoder.vocabularySize;
  while (ids.length < prompt.length + count) {
    const batch = makeBatch([{ ids, promptLength: 1 }], padTokenId);
    const logits = (await allLogits(by, parameters, batch)).subarray((ids.length - 1) * width);
    ids.push(logits.indexOf(Math.max(...logits)));
  }
  return ids.slice(prompt.length);
}

describe('greedy generation', () => {
  it('gives what recomputing every token without a cache gives', async () => {
    const chosen = prompts.slice(0, 4);
    const answers = await generate(engine, parameters, chosen, settings);
    for (const [index, prompt] of chosen.entries()) expect(answers[index]).toEqual(await recomputed(prompt, 12));
  });

  it('gives that too where the angles of all keys change with the length of the sequence', async () => {
    const [embedding] = model.decoder.rotaryEmbeddings as [RotaryEmbedding];
    const near = embedding.turns(1);
    const far = { ...near, frequencies: near.frequencies.map((frequency) => frequency / 3) };
    const turns = (length: number): RotaryTurns => (length > 20 ? far : near);
    const decoder = { ...model.decoder, rotaryEmbeddings: [{ ...embedding, turns, keysFollow: true }] };
    const settingsOfEngine = { adapter: mole, balanceWeight: 0, dropout: 0, threads: 1 };
    const stretched = new Engine({ ...model, decoder }, settingsOfEngine);
    const prompt = prompts.find(({ length }) => length === 16) as readonly number[];
    const [answer] = await generate(stretched, parameters, [prompt], settings);
    expect(answer).toEqual(await recomputed(prompt, 12, stretched));
    expect(answer).not.toEqual(await recomputed(prompt, 12));
    await stretched.release();
  });

  it('gives each prompt the same answer in a batch as alone, in the order of the prompts', async () => {
    const together = await generate(engine, parameters, prompts, settings);
    expect(new Set(together.map((answer) => answer.join())).size).toBeGreaterThan(1);
    for (const [index, prompt] of prompts.entries()) {
      expect(await generate(engine, parameters, [prompt], settings)).toEqual([together[index]]);
    }
  });

  it('ends an answer before the ending token, and goes on with the others', async () => {
    const open = await generate(engine, parameters, prompts, settings);
    const eosTokenId = open[0]?.[3] as number;
    const closed = await generate(engine, parameters, prompts, { ...settings, stopTokenIds: [eosTokenId] });
    const expected = open.map((answer) =>
      answer.includes(eosTokenId) ? answer.slice(0, answer.indexOf(eosTokenId)) : answer,
    );
    expect(closed).toEqual(expected);
    expect(new Set(closed.map(({ length }) => length)).size).toBeGreaterThan(1);
  });

  it('tells how many answers are finished, up to all', async () => {
    const finished: number[] = [];
    await generate(engine, parameters, prompts, { ...settings, maxNewTokens: 1 }, (count) => {
      finished.push(count);
    });
    expect(finished).toEqual([16, 19]);
  });

  it('stops where it is told to', async () => {
    const stopping = generate(engine, parameters, prompts, settings, () => {
      throw new Error('stop');
    });
    await expect(stopping).rejects.toThrow('stop');
  });

  it("fills the model's positions, and refuses a prompt that would exceed them", async () => {
    const longest = drawnSequences(model, [64 - 12, 64 - 11]).map(({ ids }) => ids);
    const [answer] = await generate(engine, parameters, longest.slice(0, 1), settings);
    expect(answer).toHaveLength(12);
    await expect(generate(engine, parameters, longest, settings)).rejects.toThrow(
      'prompt 1 has 53 tokens; it may have 1 to 52 with 12 new ones',
    );
    await expect(generate(engine, parameters, [[]], settings)).rejects.toThrow('prompt 0 has 0 tokens');
  });

  it('costs nothing for prompts that are finished: each step brings a token of those that go on', async () => {
    const alone = await generate(engine, parameters, prompts.slice(0, 6), settings);
    const lengths = [3, 12, 1, 5, 12, 8];
    const endsAnswer = (prompt: number, answer: readonly number[]): boolean => answer.length === lengths[prompt];
    const answers: number[][] = lengths.map(() => []);
    const rows: number[] = [];
    const ended: number[] = [];
    for await (const step of generateSteps(engine, parameters, prompts.slice(0, 6), { ...settings, endsAnswer })) {
      rows.push(step.tokens.length);
      for (const { prompt, token } of step.tokens) answers[prompt]?.push(token);
      ended.push(...step.ended);
    }
    expect(answers).toEqual(alone.map((answer, prompt) => answer.slice(0, lengths[prompt])));
    expect(rows).toEqual([6, 5, 5, 4, 4, 3, 3, 3, 2, 2, 2, 2]);
    expect(ended).toHaveLength(6);
    expect(ended.slice(0, 4)).toEqual([2, 0, 3, 5]);
  });

  it('ends where its consumer stops listening', async () => {
    let steps = 0;
    for await (const { tokens } of generateSteps(engine, parameters, prompts, settings)) {
      steps += 1;
      if (tokens.length > 0 && steps === 3) break;
    }
    expect(steps).toBe(3);
  });

  it.each([
    [{ maxNewTokens: 0 }, 'maxNewTokens is 0; it must be a whole number of at least 1'],
    [{ repetitionPenalty: 0 }, 'repetitionPenalty is 0; it must be above 0'],
    [{ sampling: { seed: 1, temperature: 0 } }, 'sampling.temperature is 0; it must be above 0'],
  ])('refuses %j before anything is generated', async (change, message) => {
    await expect(generate(engine, parameters, prompts, { ...settings, ...change })).rejects.toThrow(message);
  });

  it('answers no prompts with no answers', async () => {
    expect(await generate(engine, parameters, [], settings)).toEqual([]);
  });
});

describe('drawn generation', () => {
  const sampling = { temperature: 1.5, topK: 40, topP: 0.95, seed: 7 };

  it('draws the same tokens for the same seed, in a batch as alone, and others for another seed', async () => {
    const together = await generate(engine, parameters, prompts, { ...settings, sampling });
    expect(together).not.toEqual(await generate(engine, parameters, prompts, settings));
    for (const index of [0, 5, 18]) {
      const alone = [prompts[index] as readonly number[]];
      expect(await generate(engine, parameters, alone, { ...settings, sampling })).toEqual([together[index]]);
    }
    const others = await generate(engine, parameters, prompts, { ...settings, sampling: { ...sampling, seed: 8 } });
    expect(others.map((answer, index) => answer.join() === together[index]?.join())).not.toContain(true);
  });

  it('draws other tokens for a prompt that is given again', async () => {
    const [first, second] = await generate(engine, parameters, [prompts[3], prompts[3]] as number[][], {
      ...settings,
      sampling,
    });
    expect(second).not.toEqual(first);
  });

  it('is greedy where a single token is left to draw from', async () => {
    const greedy = await generate(engine, parameters, prompts, settings);
    expect(await generate(engine, parameters, prompts, { ...settings, sampling: { seed: 1, topK: 1 } })).toEqual(
      greedy,
    );
  });
});
