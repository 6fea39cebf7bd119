/**
 * Where the embeddings come from that decide the next assignment, when not everybody took part in the round: of a client, its
 * last ones; of an expert that nobody trained, those of the last round in which somebody did. Both are drawn where there
 * are none. From events alone, so a round can be replayed.
 */
import type { HeldExperts } from '../results.js';
import { own } from './records.js';
import type { Round, RoundClosing } from './round.js';
import type { Federation } from './state.js';

/** A client's embeddings of an earlier round: it held `held`; of them `experts` are taken, per module. */
export interface EarlierEmbeddings {
  client: string;
  embeddings: string;
  trainExamples: number;
  held: HeldExperts;
  experts: HeldExperts;
}

export interface EmbeddingSources {
  /** Of the next round, by name; `embeddings` holds the mean token embeddings, null: the client's scores are drawn. */
  participants: { client: string; embeddings: string | null }[];
  earlier: EarlierEmbeddings[];
}

/** Null where everybody answered and goes on, and where nothing is assigned any more: the round's own embeddings suffice. */
export function embeddingSources(federation: Federation, round: Round, closed: RoundClosing): EmbeddingSources | null {
  const { answered, missing, next } = closed;
  if (next === null || (missing.length === 0 && next.join() === answered.join())) return null;
  return {
    participants: next.map((client) => ({ client, embeddings: lastEmbeddings(federation, client) })),
    earlier: earlierEmbeddings(federation, round, answered),
  };
}

/** A round's results are those that were merged: late and refused ones are not among them. */
function lastEmbeddings({ rounds }: Federation, client: string): string | null {
  const embeddings = rounds.map(({ results }) => own(results, client)?.embeddings ?? null);
  return embeddings.findLast((digest) => digest !== null) ?? null;
}

function earlierEmbeddings(federation: Federation, round: Round, answered: readonly string[]): EarlierEmbeddings[] {
  const missing = new Map(federation.modules.map(({ name }) => [name, allExperts(federation)]));
  takeHeld(missing, round, answered);
  const found: EarlierEmbeddings[] = [];
  for (const earlier of federation.rounds.slice(1, round.round).reverse()) {
    const clients = Object.keys(earlier.results).sort();
    for (const client of clients) {
      const result = own(earlier.results, client);
      const held = earlier.assigned ? own(earlier.assigned.assignment, client) : undefined;
      if (!result?.embeddings || !held) continue;
      const experts = among(held, missing);
      if (Object.keys(experts).length === 0) continue;
      found.push({ client, embeddings: result.embeddings, trainExamples: result.splits.train, held, experts });
    }
    takeHeld(missing, earlier, clients);
  }
  return found;
}

const allExperts = ({ configuration }: Federation): Set<number> =>
  new Set(Array.from({ length: configuration.experts }, (_, expert) => expert));

/** Takes out the experts that these clients held in a round. */
function takeHeld(missing: Map<string, Set<number>>, { assigned }: Round, clients: readonly string[]): void {
  for (const client of clients) {
    const held = (assigned && own(assigned.assignment, client)) ?? {};
    for (const [module, experts] of Object.entries(held)) {
      for (const expert of experts) missing.get(module)?.delete(expert);
    }
  }
}

/** Those of a client's experts that are missing, of the modules where there are any. */
function among(held: HeldExperts, missing: ReadonlyMap<string, ReadonlySet<number>>): HeldExperts {
  const wanted = Object.entries(held).map(
    ([module, experts]) => [module, experts.filter((expert) => missing.get(module)?.has(expert))] as const,
  );
  return Object.fromEntries(wanted.filter(([, experts]) => experts.length > 0));
}
