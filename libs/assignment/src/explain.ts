/**
 * Why an assignment is as it is, choice by choice: an expert wants the clients of its highest scores, and gets others only
 * where a limit stands in the way.
 */
import { heldLimits } from './feasibility.js';
import type { AssignmentLimits } from './feasibility.js';

/** The limit without which an expert would have picked a client that it likes better. */
export type BindingLimit = 'max-experts' | 'min-experts' | 'equal-shares';

export interface ExplainedChoice {
  readonly expert: number;
  readonly client: number;
  readonly score: number;
  /** The client's place among all clients in the order of the expert's scores, 1 for the highest; equals share a place. */
  readonly rank: number;
  /** Null where the expert likes no client better that it did not pick. */
  readonly limit: BindingLimit | null;
  /** The clients that the expert likes best of those that it did not pick, at most `runnersUp` of them. */
  readonly runnersUp: readonly { readonly client: number; readonly score: number }[];
}

/**
 * In an optimum, where an expert likes client d better than its pick c, moving the pick would break a limit: d holds the most
 * experts already, or c would be left with fewer than the least. The first that holds is told, of the best such d.
 *
 * @param scores [experts][clients]
 * @param held for every client its expert indices
 */
export function explainChoices(
  scores: readonly ArrayLike<number>[],
  held: readonly (readonly number[])[],
  limits: AssignmentLimits,
  runnersUp: number,
): ExplainedChoice[] {
  const [, most] = heldLimits(limits);
  const picks = scores.map((): number[] => []);
  held.forEach((experts, client) => {
    for (const expert of experts) picks[expert]?.push(client);
  });
  return scores.flatMap((row, expert) => {
    const picked = new Set(picks[expert]);
    const order = Array.from(row, (score, client) => ({ client, score })).sort((a, b) => b.score - a.score);
    const passedOver = order.filter(({ client }) => !picked.has(client));
    const best = passedOver[0];
    return [...picked].map((client) => {
      const score = row[client] as number;
      const bound = best !== undefined && best.score > score;
      const full = bound && (held[best.client]?.length ?? 0) >= most;
      return {
        expert,
        client,
        score,
        rank: 1 + order.findIndex((other) => other.score === score),
        limit: bound ? (limits.homogeneous ? 'equal-shares' : full ? 'max-experts' : 'min-experts') : null,
        runnersUp: passedOver.slice(0, runnersUp),
      };
    });
  });
}
