/**
 * How the next token is chosen from logits. Repetition penalty, temperature, top-k and top-p are those of Hugging Face's
 * transformers, applied in this order.
 */

export interface SamplingSettings {
  /** Divides the logits; above 0. Below 1 likely tokens become likelier, above 1 less so. */
  readonly temperature?: number;
  /** Only so many of the likeliest tokens are drawn from, and those as likely as the last of them; at least 1. */
  readonly topK?: number;
  /** Only the likeliest tokens are drawn from that together reach this probability; above 0, at most 1. */
  readonly topP?: number;
  /** The same seed draws the same tokens for a prompt, whatever it is generated beside. */
  readonly seed: number | string;
}

/** Throws a RangeError that names the setting, its value and its limit. */
export function checkSampling({ temperature = 1, topK = 1, topP = 1 }: SamplingSettings): void {
  if (!(temperature > 0 && temperature < Infinity)) {
    throw new RangeError(
      `sampling.temperature is ${temperature}; it must be above 0 (without sampling, decoding is greedy)`,
    );
  }
  if (!Number.isSafeInteger(topK) || topK < 1) {
    throw new RangeError(`sampling.topK is ${topK}; it must be a whole number of at least 1`);
  }
  if (!(topP > 0 && topP <= 1)) throw new RangeError(`sampling.topP is ${topP}; it must be above 0 and at most 1`);
}

/** The token of the largest logit, the first of equals. */
export function likeliestToken(logits: Float32Array): number {
  let best = 0;
  let largest = logits[0] as number;
  for (let token = 1; token < logits.length; token += 1) {
    const logit = logits[token] as number;
    if (logit > largest) [largest, best] = [logit, token];
  }
  return best;
}

export interface Candidates {
  readonly tokens: readonly number[];
  /** They add up to 1. */
  readonly probabilities: readonly number[];
}

/** The tokens that may be drawn and their probabilities, likeliest first where top-p cuts, else by token. */
export function candidates(
  logits: Float32Array,
  { temperature = 1, topK = Infinity, topP = 1 }: Omit<SamplingSettings, 'seed'>,
): Candidates {
  const least = topK < logits.length ? kthLargest(logits, topK) : -Infinity;
  const largest = logits[likeliestToken(logits)] as number;
  const weights = new Float64Array(logits.length);
  const likely: number[] = [];
  let total = 0;
  for (let token = 0; token < logits.length; token += 1) {
    const logit = logits[token] as number;
    if (logit < least) continue;
    const weight = Math.exp((logit - largest) / temperature);
    weights[token] = weight;
    total += weight;
    likely.push(token);
  }
  const tokens = topP < 1 ? nucleus(likely, weights, total, topP) : likely;
  const mass = tokens.reduce((sum, token) => sum + (weights[token] as number), 0);
  return { tokens, probabilities: tokens.map((token) => (weights[token] as number) / mass) };
}

/** The likeliest of `tokens`, as long as those before have less than a share `topP` of the total (Holtzman et al. 2020). */
function nucleus(tokens: readonly number[], weights: Float64Array, total: number, topP: number): number[] {
  const weightOf = (token: number): number => weights[token] as number;
  // all below this together weigh less than what is cut, so none of them needs sorting
  const negligible = ((1 - topP) * total) / tokens.length;
  const sorted = tokens
    .filter((token) => weightOf(token) >= negligible)
    .sort((left, right) => weightOf(right) - weightOf(left) || left - right);
  let before = 0;
  const end = sorted.findIndex((token) => {
    if (before >= topP * total) return true;
    before += weightOf(token);
    return false;
  });
  return end === -1 ? sorted : sorted.slice(0, end);
}

/** Draws one of the candidates with a uniform `random` number in [0, 1). */
export function drawToken({ tokens, probabilities }: Candidates, random: number): number {
  let rest = random;
  const drawn = probabilities.findIndex((probability) => (rest -= probability) < 0);
  return tokens.at(drawn) as number;
}

/** A copy whose logits of `tokens` are divided where positive and multiplied where negative (Keskar et al. 2019). */
export function penalised(logits: Float32Array, tokens: Iterable<number>, penalty: number): Float32Array {
  const changed = logits.slice();
  for (const token of new Set(tokens)) {
    const logit = logits[token] as number;
    changed[token] = logit < 0 ? logit * penalty : logit / penalty;
  }
  return changed;
}

/** By a heap of the k largest so far, the smallest of them on top: most logits are compared once. */
function kthLargest(values: Float32Array, k: number): number {
  const heap = values.slice(0, k).sort();
  for (let index = k; index < values.length; index += 1) {
    const value = values[index] as number;
    if (value > (heap[0] as number)) sink(heap, value);
  }
  return heap[0] as number;
}

/** Replaces the top of a heap. */
function sink(heap: Float32Array, value: number): void {
  let place = 0;
  for (;;) {
    let child = 2 * place + 1;
    if (child + 1 < heap.length && (heap[child + 1] as number) < (heap[child] as number)) child += 1;
    if (child >= heap.length || (heap[child] as number) >= value) break;
    heap[place] = heap[child] as number;
    place = child;
  }
  heap[place] = value;
}
