/**
 * What to change where limits cannot be met: of the settings that can, those in which the fewest numbers differ from what
 * was asked for, and among these the ones whose ratios to it are the smallest. For each number only values matter at which
 * one of the inequalities of `infeasibilities` starts to hold, so that few have to be tried.
 */
import type { AssignmentLimits } from './feasibility.js';
import { infeasibilities } from './feasibility.js';

export type FederationLimits = AssignmentLimits & { readonly topK: number };

/** Never other numbers of clients. The limits themselves where they can be met. */
export function nearestFeasible(asked: FederationLimits): FederationLimits {
  let nearest: FederationLimits | null = null;
  for (const candidate of candidates(asked)) {
    if (nearest !== null && !isCloser(distance(candidate, asked), distance(nearest, asked))) continue;
    if (infeasibilities(candidate).length === 0) nearest = candidate;
  }
  // One expert per client, picked by one: E = C, k = b_min = b_max = t = 1, is among them and always feasible.
  if (nearest === null) throw new Error(`no limits for ${asked.clients} clients were found`);
  return nearest;
}

function* candidates(asked: FederationLimits): Generator<FederationLimits> {
  const { clients } = asked;
  for (const expertChoices of choicesFor(asked)) {
    for (const minExperts of distinct([
      asked.minExperts,
      asked.topK,
      share(asked.experts, expertChoices, clients),
      1,
    ])) {
      for (const maxExperts of distinct([asked.maxExperts, minExperts, 1])) {
        for (const experts of expertsFor({ ...asked, expertChoices, minExperts, maxExperts })) {
          const picks = (experts * expertChoices) / clients;
          const held = asked.homogeneous ? picks : minExperts;
          for (const topK of distinct([asked.topK, Math.floor(held), 1])) {
            const limits = { ...asked, experts, expertChoices, minExperts, topK };
            yield { ...limits, maxExperts };
            yield { ...limits, maxExperts: Math.max(1, Math.ceil(picks)) };
          }
        }
      }
    }
  }
}

/** Numbers of clients that an expert picks at which they are no more than there are, or every client's share comes to a limit. */
function choicesFor({
  experts,
  clients,
  expertChoices,
  minExperts,
  maxExperts,
  homogeneous,
}: FederationLimits): number[] {
  const asked = Math.min(expertChoices, clients);
  if (!homogeneous) {
    const most = Math.floor((clients * Math.min(maxExperts, experts)) / experts);
    return distinct([expertChoices, asked, Math.ceil((clients * minExperts) / experts), most, 1]);
  }
  const multiple = clients / greatestCommonDivisor(clients, experts);
  const rounded = [Math.floor(asked / multiple), Math.ceil(asked / multiple)].map((times) => times * multiple);
  return distinct([expertChoices, asked, ...rounded, 1]);
}

/** Numbers of experts at which every client's share comes to one of the limits. */
function expertsFor(limits: FederationLimits): number[] {
  const { experts, clients, expertChoices, minExperts, maxExperts, topK, homogeneous } = limits;
  const sharing = [experts, minExperts, clients];
  if (!homogeneous) {
    const least = Math.ceil((clients * minExperts) / expertChoices);
    return distinct([...sharing, least, Math.floor((clients * maxExperts) / expertChoices)]);
  }
  const multiple = clients / greatestCommonDivisor(clients, expertChoices);
  const wanted = [experts, (clients * topK) / expertChoices];
  const rounded = wanted.flatMap((count) => [Math.floor(count / multiple), Math.ceil(count / multiple)]);
  return distinct([...sharing, ...rounded.map((times) => times * multiple), multiple]);
}

const share = (experts: number, choices: number, clients: number): number => Math.floor((experts * choices) / clients);

const settings = ['experts', 'expertChoices', 'minExperts', 'maxExperts', 'topK'] as const;

type Distance = readonly [changed: number, ratios: number];

function distance(candidate: FederationLimits, asked: FederationLimits): Distance {
  const ratios = settings.map(
    (name) => Math.max(candidate[name], asked[name]) / Math.min(candidate[name], asked[name]) - 1,
  );
  return [ratios.filter((ratio) => ratio > 0).length, ratios.reduce((sum, ratio) => sum + ratio, 0)];
}

const isCloser = (one: Distance, other: Distance): boolean =>
  one[0] === other[0] ? one[1] < other[1] : one[0] < other[0];

const distinct = (numbers: readonly number[]): number[] => [...new Set(numbers.filter((number) => number >= 1))];

function greatestCommonDivisor(one: number, other: number): number {
  return other === 0 ? one : greatestCommonDivisor(other, one % other);
}
