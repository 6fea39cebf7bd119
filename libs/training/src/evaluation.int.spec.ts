import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Model } from '@fedamole/base-models';
import type { Parameters } from '@fedamole/mole';
import { makeBatch, type Sequence } from './batch.js';
import { Engine } from './engine.js';
import { meanEmbeddings, meanLoss, perplexityOf, targetLosses, type MeanEmbeddings } from './evaluation.js';
import { distance, drawnParameters, drawnSequences, mole, padTokenId, tinyModel } from './small-models.fixture.js';

const settings = { balanceWeight: 0, dropout: 0, threads: 1 };
let model: Model;
let engine: Engine;
let parameters: Parameters;
/** More than are evaluated at once, of many lengths. */
let examples: readonly Sequence[];
beforeAll(async () => {
  model = await tinyModel();
  engine = new Engine(model, { ...settings, adapter: mole });
  parameters = drawnParameters(model, [4, 3, 2, 6]);
  const lengths = Array.from({ length: 21 }, (_, index) => 2 + ((index * 11) % 37));
  examples = drawnSequences(model, lengths);
});
afterAll(() => engine.release());

describe('the mean loss', () => {
  it('is the mean over target tokens of examples evaluated one by one', async () => {
    let [sum, count] = [0, 0];
    for (const example of examples) {
      const { tokenLosses } = await engine.evaluate(parameters, makeBatch([example], padTokenId));
      sum += tokenLosses.reduce((total, loss) => total + loss, 0);
      count += tokenLosses.length;
    }
    expect(await meanLoss(engine, parameters, examples, padTokenId)).toBeCloseTo(sum / count, 5);
  });

  it('is about that of guessing, ln 199, for random weights', async () => {
    expect(Math.abs((await meanLoss(engine, parameters, examples, padTokenId)) - Math.log(199))).toBeLessThan(1);
  });
});

describe('the mean loss of nothing', () => {
  it('is refused', async () => {
    await expect(meanLoss(engine, parameters, [], padTokenId)).rejects.toThrow('meanLoss: there are no examples');
  });
});

describe('target losses', () => {
  it('are those of each example alone, in the order of the examples', async () => {
    const losses = await targetLosses(engine, parameters, examples, padTokenId);
    expect(losses.map(({ count }) => count)).toEqual(
      examples.map(({ ids, promptLength }) => ids.length - promptLength),
    );
    for (const [index, example] of examples.entries()) {
      const [alone] = await targetLosses(engine, parameters, [example], padTokenId);
      expect(Math.abs((alone?.sum ?? 0) - (losses[index]?.sum ?? 0))).toBeLessThan(1e-4);
    }
  });
});

describe('perplexity', () => {
  it('is the number of equally likely tokens that would be as hard to tell', () => {
    expect(perplexityOf(0)).toBe(1);
    expect(perplexityOf(Math.log(199))).toBeCloseTo(199, 10);
  });
});

describe('mean embeddings', () => {
  const flat = (embeddings: ReadonlyMap<string, MeanEmbeddings>): number[] =>
    [...embeddings.values()].flatMap(({ token, experts }) => [token, ...experts].flatMap((vector) => [...vector]));

  it('are one token embedding a module and one of each held expert', async () => {
    const embeddings = await meanEmbeddings(engine, parameters, examples, padTokenId);
    expect([...embeddings.keys()]).toEqual(model.modules.map(({ name }) => name));
    expect([...embeddings.values()].map(({ experts }) => experts.length)).toEqual([4, 3, 2, 6]);
    expect([...embeddings.values()].every(({ token }) => token.length === 4)).toBe(true);
    expect(flat(embeddings).some((element) => Math.abs(element) > 1e-2)).toBe(true);
  });

  it('are the same however the examples are put into batches', async () => {
    const together = flat(await meanEmbeddings(engine, parameters, examples, padTokenId));
    const turned = flat(await meanEmbeddings(engine, parameters, [...examples].reverse(), padTokenId));
    expect(distance(turned, together)).toBeLessThan(1e-5);
    const tokens = examples.reduce((sum, { ids }) => sum + ids.length, 0);
    const sums = together.map(() => 0);
    for (const example of examples) {
      const alone = flat(await meanEmbeddings(engine, parameters, [example], padTokenId));
      alone.forEach((element, index) => (sums[index] = (sums[index] as number) + element * example.ids.length));
    }
    expect(
      distance(
        together,
        sums.map((sum) => sum / tokens),
      ),
    ).toBeLessThan(1e-5);
  });

  it('do not depend on which token pads', async () => {
    const together = flat(await meanEmbeddings(engine, parameters, examples, padTokenId));
    expect(distance(flat(await meanEmbeddings(engine, parameters, examples, 77)), together)).toBeLessThan(1e-5);
  });

  it('need a mixture of experts', async () => {
    const lora = new Engine(model, { ...settings, adapter: { kind: 'lora', rank: 4, alpha: 8 } });
    await expect(meanEmbeddings(lora, new Map(), examples, padTokenId)).rejects.toThrow(
      'mean embeddings need a mixture of experts, not lora',
    );
  });
});

describe('routing', () => {
  it('sends every token of every module to two experts', async () => {
    const batch = makeBatch(examples.slice(0, 5), padTokenId);
    const { routing } = await engine.evaluate(parameters, batch);
    const held = [4, 3, 2, 6];
    [...routing.values()].forEach(({ chosen }, module) => {
      const width = held[module] as number;
      expect(chosen).toHaveLength(batch.rows * batch.time * width);
      for (let token = 0; token < batch.rows * batch.time; token += 1) {
        const picks = chosen.subarray(token * width, (token + 1) * width);
        expect(picks.reduce((sum, pick) => sum + pick, 0)).toBe(2);
      }
    });
  });
});
