/** The adapters of the benchmarks, at the paper's defaults, as they are when training begins. */
import type { Model } from '@fedamole/base-models';
import {
  holdExperts,
  initialisePool,
  loraParameterNames,
  stackParameters,
  type ModulePool,
  type Parameter,
  type Parameters,
} from '@fedamole/mole';
import { seededRandom } from '@fedamole/seeded-random';
import type { AdapterKind } from '@fedamole/training';

export const rank = 8;
export const alpha = 16;
export const topK = 2;
export const dropout = 0.05;
export const balanceWeight = 0.001;
/** Domain experts that a client holds of every module. */
export const heldExperts = 4;

export const lora = { kind: 'lora', rank, alpha } as const satisfies AdapterKind;
export const mole = { kind: 'mole', rank, alpha, topK } as const satisfies AdapterKind;

export type TrainedAdapter = typeof lora | typeof mole;

/** A is drawn, B is zero. */
export function firstParameters({ modules }: Model, adapter: TrainedAdapter): Parameters {
  const pool = initialisePool(modules, { rank, experts: heldExperts }, (module) => seededRandom('pool', module));
  if (adapter.kind === 'lora') {
    const parameters = new Map<string, Parameter>();
    for (const { name, inputWidth, outputWidth } of modules) {
      const { a, b } = loraParameterNames(name);
      const expert = (pool.get(name) as ModulePool).shared;
      parameters.set(a, { shape: [rank, inputWidth], values: expert.a });
      parameters.set(b, { shape: [outputWidth, rank], values: expert.b });
    }
    return parameters;
  }
  const all = Array.from({ length: heldExperts }, (_, index) => index);
  const held = Object.fromEntries(modules.map(({ name }) => [name, all]));
  return stackParameters(modules, holdExperts(pool, held), rank);
}
