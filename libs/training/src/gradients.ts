/** What is done to all gradients of a step together: adding up, measuring, clipping (Pascanu et al. 2013). In place. */

/** By the parameters' names. */
export type Gradients = ReadonlyMap<string, Float32Array>;

export function scaleGradients(gradients: Gradients, factor: number): void {
  if (factor === 1) return;
  for (const gradient of gradients.values()) {
    for (let index = 0; index < gradient.length; index += 1) gradient[index] = factor * (gradient[index] as number);
  }
}

/** Adds `factor` times other gradients of the same names and lengths. */
export function addGradients(sums: Gradients, others: Gradients, factor: number): void {
  for (const [name, sum] of sums) {
    const other = others.get(name) as Float32Array;
    for (let index = 0; index < sum.length; index += 1) {
      sum[index] = (sum[index] as number) + factor * (other[index] as number);
    }
  }
}

/** The Euclidean norm of all elements of all gradients; finite exactly where every element is. */
export function globalNorm(gradients: Gradients): number {
  let squares = 0;
  for (const gradient of gradients.values()) {
    for (let index = 0; index < gradient.length; index += 1) {
      const slope = gradient[index] as number;
      // squares of float32 are so far from the largest double that no sum of finite ones overflows
      squares += slope * slope;
    }
  }
  return Math.sqrt(squares);
}

/** Keeps the quotient finite where all gradients are zero; PyTorch's `clip_grad_norm_` adds as much. */
const EPSILON = 1e-6;

/** Scales gradients of the given norm so that it is at most `maxNorm`. */
export function clipByGlobalNorm(gradients: Gradients, norm: number, maxNorm: number): void {
  scaleGradients(gradients, Math.min(1, maxNorm / (norm + EPSILON)));
}
