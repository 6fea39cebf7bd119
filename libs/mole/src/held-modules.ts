/** Between the pool's separate experts and the stacked parameters that a graph is fed with. */
import type { AdaptedLinear } from './adapter-graph.js';
import { moleParameterNames } from './mole-graph.js';
import type { Expert, ExpertPool, HeldModules, Parameter, Parameters } from './parameters.js';

/** A client's part of the pool. Throws where it holds an expert that the pool does not have. */
export function holdExperts(pool: ExpertPool, held: Readonly<Record<string, readonly number[]>>): HeldModules {
  return new Map(
    [...pool].map(([module, { experts, shared, tokenProjection }]) => {
      const indices = held[module];
      if (indices === undefined) throw new Error(`no experts are assigned of module ${module}`);
      const chosen = indices.map((index) => {
        const expert = experts[index];
        if (expert === undefined)
          throw new Error(`${module}: expert ${index} is not one of the pool's ${experts.length}`);
        return expert;
      });
      return [module, { held: indices, experts: chosen, shared, tokenProjection }];
    }),
  );
}

/** Copies a client's experts into the stacked form of the graph's inputs. */
export function stackParameters(modules: readonly AdaptedLinear[], held: HeldModules, rank: number): Parameters {
  const parameters = new Map<string, Parameter>();
  for (const { name, inputWidth, outputWidth } of modules) {
    const module = held.get(name);
    if (module === undefined) throw new Error(`no experts are held of module ${name}`);
    const names = moleParameterNames(name);
    const count = module.experts.length;
    const expertsA = new Float32Array(count * rank * inputWidth);
    module.experts.forEach(({ a }, index) => expertsA.set(a, index * rank * inputWidth));
    const expertsB = new Float32Array(outputWidth * count * rank);
    module.experts.forEach(({ b }, index) => {
      for (let row = 0; row < outputWidth; row += 1) {
        expertsB.set(b.subarray(row * rank, (row + 1) * rank), (row * count + index) * rank);
      }
    });
    parameters.set(names.expertsA, { shape: [count, rank, inputWidth], values: expertsA });
    parameters.set(names.expertsB, { shape: [outputWidth, count, rank], values: expertsB });
    parameters.set(names.sharedA, { shape: [rank, inputWidth], values: module.shared.a.slice() });
    parameters.set(names.sharedB, { shape: [outputWidth, rank], values: module.shared.b.slice() });
    parameters.set(names.tokenProjection, { shape: [rank, inputWidth], values: module.tokenProjection.slice() });
  }
  return parameters;
}

/** The reverse: a client's trained experts out of the stacked form. Throws where it does not hold as many as `held` says. */
export function unstackParameters(
  modules: readonly AdaptedLinear[],
  parameters: Parameters,
  held: Readonly<Record<string, readonly number[]>>,
  rank: number,
): HeldModules {
  const values = (name: string): Float32Array => {
    const parameter = parameters.get(name);
    if (parameter === undefined) throw new Error(`parameter ${name} is missing`);
    return parameter.values;
  };
  return new Map(
    modules.map(({ name, inputWidth, outputWidth }) => {
      const names = moleParameterNames(name);
      const indices = held[name];
      if (indices === undefined) throw new Error(`no experts are assigned of module ${name}`);
      const stackedA = values(names.expertsA);
      const expected = indices.length * rank * inputWidth;
      if (stackedA.length !== expected) {
        throw new Error(
          `${names.expertsA} has ${stackedA.length} elements; ${indices.length} experts of rank ${rank} have ${expected}`,
        );
      }
      const stackedB = values(names.expertsB);
      const experts = indices.map((_, index): Expert => {
        const b = new Float32Array(outputWidth * rank);
        for (let row = 0; row < outputWidth; row += 1) {
          const from = (row * indices.length + index) * rank;
          b.set(stackedB.subarray(from, from + rank), row * rank);
        }
        return { a: stackedA.slice(index * rank * inputWidth, (index + 1) * rank * inputWidth), b };
      });
      const shared = { a: values(names.sharedA), b: values(names.sharedB) };
      return [name, { held: indices, experts, shared, tokenProjection: values(names.tokenProjection) }];
    }),
  );
}

/** Parameters under which every module adds nothing (all B zero): the base model as it comes. */
export function neutralParameters(modules: readonly AdaptedLinear[], rank: number, topK: number): Parameters {
  const expert = ({ inputWidth, outputWidth }: AdaptedLinear): Expert => ({
    a: new Float32Array(rank * inputWidth),
    b: new Float32Array(outputWidth * rank),
  });
  const held: HeldModules = new Map(
    modules.map((module) => {
      const experts = Array.from({ length: topK }, () => expert(module));
      const tokenProjection = new Float32Array(rank * module.inputWidth);
      return [
        module.name,
        { held: experts.map((_, index) => index), experts, shared: expert(module), tokenProjection },
      ];
    }),
  );
  return stackParameters(modules, held, rank);
}
