/** Small pools for tests: every element tells module, expert and place, so that a mix-up shows. */
import type { AdaptedLinear } from './adapter-graph.js';
import type { Expert, ExpertPool } from './parameters.js';

export const rank = 2;

/** Different widths, so that no module's parameters pass for another's. */
export const modules: readonly AdaptedLinear[] = [
  { name: 'layers.0.q_proj', inputWidth: 4, outputWidth: 4 },
  { name: 'layers.0.v_proj', inputWidth: 4, outputWidth: 3 },
];

/** Elements `start`, `start` + 1, ... */
export const counted = (length: number, start: number): Float32Array =>
  Float32Array.from({ length }, (_, index) => start + index);

export const countedExpert = ({ inputWidth, outputWidth }: AdaptedLinear, start: number): Expert => ({
  a: counted(rank * inputWidth, start),
  b: counted(outputWidth * rank, start + 50),
});

/** Expert i of module m begins at 1000 (m + 1) + 100 i; the shared expert at minus that, the token projection below it. */
export function countedPool(experts: number): ExpertPool {
  return new Map(
    modules.map((module, index) => {
      const start = 1000 * (index + 1);
      return [
        module.name,
        {
          experts: Array.from({ length: experts }, (_, expert) => countedExpert(module, start + 100 * expert)),
          shared: countedExpert(module, -start),
          tokenProjection: counted(rank * module.inputWidth, -start - 500),
        },
      ];
    }),
  );
}
