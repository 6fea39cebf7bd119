import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { bindSymbols, dimensionInput, emitModel, Graph, multiply } from '@fedamole/graph';
import { moleGraph, moleParameterNames } from './mole-graph.js';
import { plainBalance, plainMean, plainToken, type PlainExpert, type PlainModule } from './plain-mole.fixture.js';

const module = { name: 'q_proj', inputWidth: 6, outputWidth: 5 };
const settings = { rank: 3, alpha: 12, topK: 2 };
const names = moleParameterNames(module.name);

/** A repeatable sequence of reals in (-1, 1). */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

type Matrix = readonly (readonly number[])[];
const matrix = (rows: number, columns: number, next: () => number): Matrix =>
  Array.from({ length: rows }, () => Array.from({ length: columns }, next));

function drawnModule(held: number, next: () => number): PlainModule {
  const expert = (): PlainExpert => ({
    a: matrix(settings.rank, module.inputWidth, next),
    b: matrix(module.outputWidth, settings.rank, next),
  });
  const tokenProjection = matrix(settings.rank, module.inputWidth, next);
  return { experts: Array.from({ length: held }, expert), shared: expert(), tokenProjection };
}

function parameterFeeds({ experts, shared, tokenProjection }: PlainModule): Record<string, Tensor> {
  const { rank } = settings;
  const { inputWidth, outputWidth } = module;
  const tensor = (values: readonly number[], shape: number[]): Tensor =>
    new Tensor('float64', Float64Array.from(values), shape);
  const stackedB = shared.b.flatMap((_, row) => experts.flatMap(({ b }) => b[row] ?? []));
  return {
    [names.expertsA]: tensor(
      experts.flatMap(({ a }) => a.flat()),
      [experts.length, rank, inputWidth],
    ),
    [names.expertsB]: tensor(stackedB, [outputWidth, experts.length, rank]),
    [names.sharedA]: tensor(shared.a.flat(), [rank, inputWidth]),
    [names.sharedB]: tensor(shared.b.flat(), [outputWidth, rank]),
    [names.tokenProjection]: tensor(tokenProjection.flat(), [rank, inputWidth]),
  };
}

/** A module alone, over a frozen layer whose output is an input; with or without a dropout mask as one more input. */
async function moduleSession(dropout: boolean): Promise<InferenceSession> {
  const graph = new Graph('float64');
  const x = graph.input('x', ['tokens', module.inputWidth]);
  const base = graph.input('base', ['tokens', module.outputWidth]);
  const weights = graph.input('weights', ['tokens', 1]);
  const adapters = moleGraph(graph, [module], settings, weights, (_module, input) =>
    dropout ? multiply(input, graph.input('mask', ['tokens', module.inputWidth])) : input,
  );
  const y = adapters.adapt(module.name, x, base);
  const balance = adapters.balanceLoss();
  const routing = adapters.routing().get(module.name);
  if (balance === null || routing === undefined) throw new Error('the module was not routed');
  const { token, experts } = routing.means;
  return InferenceSession.create(emitModel(graph, { y, balance, chosen: routing.chosen, token, experts }));
}

interface Case {
  readonly drawn: PlainModule;
  readonly x: Matrix;
  readonly base: Matrix;
  /** 0 or 1 / (1 - rate) per element; 1 throughout where nothing is dropped. */
  readonly mask: Matrix;
  /** Whether a token is padding. */
  readonly padding: readonly boolean[];
}

function drawnCase(held: number, padding: readonly boolean[], dropout: boolean, seed: number): Case {
  const next = sequence(seed);
  const tokens = padding.length;
  const mask = matrix(tokens, module.inputWidth, () => (dropout ? (next() < -0.5 ? 0 : 4 / 3) : 1));
  const [x, base] = [matrix(tokens, module.inputWidth, next), matrix(tokens, module.outputWidth, next)];
  return { drawn: drawnModule(held, next), x, base, mask, padding };
}

/** The dimensions that follow from the shapes of the other inputs. */
function dimensionFeeds(session: InferenceSession, feeds: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  const shapes = session.inputMetadata.flatMap((input) => {
    const actual = feeds[input.name]?.dims;
    return input.isTensor && actual !== undefined ? [{ name: input.name, declared: input.shape, actual }] : [];
  });
  const symbols = bindSymbols(shapes);
  const derived: Record<string, Tensor> = {};
  for (const name of session.inputNames) {
    const found = dimensionInput(name, symbols);
    if (found?.kind === 'size') derived[name] = new Tensor('float64', Float64Array.of(found.value), [1]);
    else if (found !== null) derived[name] = new Tensor('int64', BigInt64Array.from(found.values, BigInt));
  }
  return derived;
}

async function run(session: InferenceSession, { drawn, x, base, mask, padding }: Case, dropout: boolean) {
  const real = padding.filter((isPadding) => !isPadding).length;
  const floats = (values: Matrix): Tensor =>
    new Tensor('float64', Float64Array.from(values.flat()), [values.length, values[0]?.length ?? 0]);
  const feeds: Record<string, Tensor> = {
    ...parameterFeeds(drawn),
    x: floats(x),
    base: floats(base),
    weights: floats(padding.map((isPadding) => [isPadding ? 0 : 1 / real])),
    ...(dropout ? { mask: floats(mask) } : {}),
  };
  const results = await session.run({ ...feeds, ...dimensionFeeds(session, feeds) });
  return (name: string): number[] => Array.from(results[name]?.data as Float64Array);
}

/** How far the session's outputs are from the equations. */
async function differences(session: InferenceSession, drawnCase: Case, dropout: boolean) {
  const { drawn, x, base, mask, padding } = drawnCase;
  const output = await run(session, drawnCase, dropout);
  const tokens = x.map((row, token) => {
    const dropped = row.map((element, index) => element * (mask[token]?.[index] ?? NaN));
    return plainToken(drawn, settings, row, dropped);
  });
  const real = tokens.filter((_, token) => padding[token] !== true);
  const largest = (actual: readonly number[], expected: readonly number[]): number => {
    expect(actual).toHaveLength(expected.length);
    return Math.max(...actual.map((element, index) => Math.abs(element - (expected[index] as number))));
  };
  const held = drawn.experts.length;
  return {
    y: largest(
      output('y'),
      tokens.flatMap(({ added }, token) => added.map((element, index) => element + (base[token]?.[index] ?? NaN))),
    ),
    chosen: largest(
      output('chosen'),
      tokens.flatMap(({ picked }) => Array.from({ length: held }, (_, expert) => (picked.includes(expert) ? 1 : 0))),
    ),
    balance: largest(output('balance'), [plainBalance(real, held, settings.topK)]),
    token: largest(output('token'), plainMean(real.map(({ tokenEmbedding }) => tokenEmbedding))),
    experts: largest(output('experts'), plainMean(real.map(({ expertEmbeddings }) => expertEmbeddings.flat()))),
  };
}

const close = { y: 0, chosen: 0, balance: 0, token: 0, experts: 0 };
const rounded = (found: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(found).map(([name, difference]) => [name, difference < 1e-12 ? 0 : difference]));

describe('a MoLE module', () => {
  let plain: InferenceSession;
  let dropping: InferenceSession;
  beforeAll(async () => {
    plain = await moduleSession(false);
    dropping = await moduleSession(true);
  });
  afterAll(() => Promise.all([plain.release(), dropping.release()]));

  it('computes its equations for every number of experts that a client holds, in one session', async () => {
    for (const held of [2, 3, 7]) {
      const padding = Array.from({ length: 9 }, () => false);
      expect(rounded(await differences(plain, drawnCase(held, padding, false, held), false))).toEqual(close);
    }
  });

  it('leaves padding out of the balance loss and the mean embeddings', async () => {
    const padding = [true, true, false, false, true, false, false];
    expect(rounded(await differences(plain, drawnCase(4, padding, false, 11), false))).toEqual(close);
  });

  it('drops what the experts see, and not what the router sees', async () => {
    const padding = Array.from({ length: 8 }, () => false);
    const dropped = drawnCase(5, padding, true, 12);
    expect(dropped.mask.flat()).toContain(0);
    expect(rounded(await differences(dropping, dropped, true))).toEqual(close);
  });

  it('has a balance loss of 1 where experts are all alike', async () => {
    const even = drawnCase(4, [false, false, false], false, 13);
    const [expert] = even.drawn.experts;
    const drawn = { ...even.drawn, experts: Array.from({ length: 4 }, () => expert as PlainExpert) };
    const output = await run(plain, { ...even, drawn }, false);
    expect(output('balance')[0]).toBeCloseTo(1, 12);
  });
});

describe('layers without a module', () => {
  it('keep their output as it is', () => {
    const graph = new Graph('float64');
    const weights = graph.input('weights', ['tokens', 1]);
    const adapters = moleGraph(graph, [module], settings, weights, (_module, input) => input);
    const output = graph.input('output', ['tokens', 5]);
    expect(adapters.adapt('k_proj', graph.input('x', ['tokens', 6]), output)).toBe(output);
  });
});
