/** Scores that the reverse selection maximises: a row per expert, a column per client. */

/**
 * How much each expert wants each client: softmax over the clients of <h_i, q_c> / sqrt(r), in double precision.
 *
 * @param expertEmbeddings mean expert embeddings h_i, [experts][rank]
 * @param tokenEmbeddings mean token embeddings q_c, [clients][rank]
 * @returns [experts][clients]; every row sums to 1
 */
export function affinityScores(
  expertEmbeddings: readonly ArrayLike<number>[],
  tokenEmbeddings: readonly ArrayLike<number>[],
): number[][] {
  const rank = tokenEmbeddings[0]?.length ?? 0;
  if (rank === 0) throw new RangeError('affinityScores: there is no client with an embedding of at least one number');
  checkWidths('token embedding of client', tokenEmbeddings, rank);
  checkWidths('embedding of expert', expertEmbeddings, rank);
  const scale = Math.sqrt(rank);
  return softmaxOverClients(
    expertEmbeddings.map((expert) => tokenEmbeddings.map((tokens) => innerProduct(expert, tokens) / scale)),
  );
}

/** Softmax of every row, [experts][clients]: the largest logit is taken off first, so that none overflows. */
export function softmaxOverClients(logits: readonly ArrayLike<number>[]): number[][] {
  return logits.map((row, expert) => {
    const values = Array.from(row);
    const largest = values.reduce((left, right) => Math.max(left, right), -Infinity);
    if (!Number.isFinite(largest)) {
      throw new RangeError(`softmaxOverClients: the logits of expert ${expert} have no finite maximum (${largest})`);
    }
    const exponentials = values.map((value) => Math.exp(value - largest));
    const sum = exponentials.reduce((left, right) => left + right, 0);
    return exponentials.map((value) => value / sum);
  });
}

/** Scores without preference, drawn expert by expert from `random`, uniform in [0, 1): round 0 and the random ablation. */
export function randomScores(experts: number, clients: number, random: () => number): number[][] {
  return Array.from({ length: experts }, () => Array.from({ length: clients }, () => random()));
}

/** Sum of the scores of an assignment: `assignment[client]` lists the experts that the client holds. */
export function objective(scores: readonly ArrayLike<number>[], assignment: readonly (readonly number[])[]): number {
  let sum = 0;
  assignment.forEach((held, client) => {
    for (const expert of held) {
      const score = scores[expert]?.[client];
      if (score === undefined) throw new RangeError(`objective: no score of expert ${expert} for client ${client}`);
      sum += score;
    }
  });
  return sum;
}

function innerProduct(left: ArrayLike<number>, right: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < left.length; index += 1) sum += left[index]! * right[index]!;
  return sum;
}

function checkWidths(what: string, rows: readonly ArrayLike<number>[], width: number): void {
  rows.forEach((row, index) => {
    if (row.length !== width) {
      throw new RangeError(`affinityScores: ${what} ${index} has ${row.length} numbers, but rank is ${width}`);
    }
  });
}
