/** The first pool of a federation. */
import type { AdaptedLinear } from './adapter-graph.js';
import type { Expert, ExpertPool } from './parameters.js';

/**
 * Draws every expert of every module: A Kaiming-uniform with a = sqrt 5, which for [rank, inputWidth] is uniform in
 * +-1 / sqrt(inputWidth), B zero, and the token projection like a linear layer's default, the same range.
 * `random(module)` gives each module its own sequence of uniform numbers in [0, 1).
 */
export function initialisePool(
  modules: readonly AdaptedLinear[],
  settings: { readonly rank: number; readonly experts: number },
  random: (module: string) => () => number,
): ExpertPool {
  return new Map(
    modules.map(({ name, inputWidth, outputWidth }) => {
      const next = random(name);
      const bound = inputWidth ** -0.5;
      const uniform = (): Float32Array =>
        Float32Array.from({ length: settings.rank * inputWidth }, () => (2 * next() - 1) * bound);
      const expert = (): Expert => ({ a: uniform(), b: new Float32Array(outputWidth * settings.rank) });
      return [
        name,
        { shared: expert(), tokenProjection: uniform(), experts: Array.from({ length: settings.experts }, expert) },
      ];
    }),
  );
}
