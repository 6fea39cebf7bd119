/** How near gradients are to exact ones. */
import { median } from './median.js';

/** Gradients of one step by module, each of all of the module's parameters one after another. */
export type ModuleGradients = ReadonlyMap<string, Float32Array>;

export interface Agreement {
  /** Over every step and module. */
  readonly leastCosine: number;
  readonly medianCosine: number;
  /** L2 norm of the differences of all gradients, over that of the exact ones. */
  readonly relativeError: number;
}

/** Joins the gradients of parameters, which are called `<module>.<what>`. */
export function byModule(modules: readonly string[], gradients: ReadonlyMap<string, Float32Array>): ModuleGradients {
  return new Map(
    modules.map((module) => {
      const parts = [...gradients].filter(([name]) => name.startsWith(`${module}.`)).map(([, gradient]) => gradient);
      const joined = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
      parts.reduce((start, part) => (joined.set(part, start), start + part.length), 0);
      return [module, joined];
    }),
  );
}

/** Each step's gradients and the exact ones. Throws where a module's are missing. */
export function agreement(steps: readonly { exact: ModuleGradients; other: ModuleGradients }[]): Agreement {
  const cosines: number[] = [];
  let [error, size] = [0, 0];
  for (const { exact, other } of steps) {
    for (const [module, left] of exact) {
      const right = other.get(module);
      if (right?.length !== left.length)
        throw new Error(`the gradients of ${module} are missing, or of another length`);
      let [dot, ownSize, otherSize] = [0, 0, 0];
      left.forEach((a, index) => {
        const b = right[index] as number;
        dot += a * b;
        ownSize += a * a;
        otherSize += b * b;
        error += (a - b) ** 2;
      });
      cosines.push(dot / Math.sqrt(ownSize * otherSize));
      size += ownSize;
    }
  }
  return { leastCosine: Math.min(...cosines), medianCosine: median(cosines), relativeError: Math.sqrt(error / size) };
}
