import { affinityScores } from './scores.js';

/**
 * Scores where embeddings are missing: affinities among the experts and clients that have one, and in the other places
 * `draw(expert, client)` in [0, 1) times 2 / clients. An affinity is 1 / clients on the mean, so whoever has no embedding yet
 * is as attractive as the average.
 *
 * @param expertEmbeddings [experts][rank], null for an expert that nobody has measured yet
 * @param tokenEmbeddings [clients][rank], null for a client that has measured nothing yet
 * @returns [experts][clients]
 */
export function partialAffinityScores(
  expertEmbeddings: readonly (ArrayLike<number> | null)[],
  tokenEmbeddings: readonly (ArrayLike<number> | null)[],
  draw: (expert: number, client: number) => number,
): number[][] {
  const experts = expertEmbeddings.filter((embedding) => embedding !== null);
  const clients = tokenEmbeddings.filter((embedding) => embedding !== null);
  const rows = (clients.length === 0 ? [] : affinityScores(experts, clients)).values();
  return expertEmbeddings.map((embedding, expert) => {
    const measured = (embedding === null ? [] : (rows.next().value ?? [])).values();
    return tokenEmbeddings.map((tokens, client) => {
      const score = tokens === null ? undefined : measured.next().value;
      return score ?? (2 * draw(expert, client)) / tokenEmbeddings.length;
    });
  });
}
