/** Who holds which experts, and why: out of a federation's events and the scores that decided it. */
import { decodeScores } from '@fedamole/adapters';
import { explainChoices, type AssignmentLimits } from '@fedamole/assignment';
import { DomainError, type Federation, type HeldExperts, type Round } from '@fedamole/federation';
import { ProblemException } from '../http/problem.js';
import type { LoadedFederation } from '../federations/loaded-federation.js';
import type { AssignmentChoice, AssignmentResource, ChoiceFilter, ChoicesResource } from './schemas.js';

const mostRunnersUp = 3;

type Assigned = NonNullable<Round['assigned']>;

/** Of a round, by default the newest that was assigned. Throws ASSIGNMENT_NOT_FOUND. */
export function findAssignment({ federation }: LoadedFederation, number: number | undefined): AssignmentResource {
  const round =
    number === undefined ? federation.rounds.findLast((candidate) => candidate.assigned) : federation.rounds[number];
  if (round?.assigned) return { round: round.round, ...round.assigned };
  const which = number === undefined ? 'any round' : `round ${number}`;
  throw new ProblemException(
    'ASSIGNMENT_NOT_FOUND',
    `federation ${federation.id} has no assignment of experts for ${which}`,
  );
}

/** A round whose assignment was decided there: no fork's first one. */
export interface Decision {
  readonly federation: Federation;
  readonly round: number;
  readonly assigned: Assigned;
}

/** Throws where the filter names a client that holds nothing then, or a module that is not adapted. */
export function explainAssignment(
  { federation, round, assigned }: Decision,
  scoresFile: Uint8Array,
  filter: ChoiceFilter,
): Omit<ChoicesResource, 'round'> {
  const modules = chosenModules(federation, filter.module);
  const limits = limitsIn(federation, round, assigned);
  const { clients, scores } = decodeScores(scoresFile, modules, limits.experts);
  if (filter.client !== undefined && !clients.includes(filter.client)) {
    const detail = `client "${filter.client}" holds no experts in round ${round} of federation ${federation.id}`;
    throw new DomainError('CLIENT_NOT_IN_FEDERATION', detail, { client: filter.client });
  }
  const decidedBy = basisOf(federation, round, assigned);
  const named = (client: number): string => clients[client] ?? '';
  const choicesOf = (module: string): AssignmentChoice[] => {
    const held = clients.map((client) => (assigned.assignment[client] as HeldExperts)[module] ?? []);
    return explainChoices(scores.get(module) ?? [], held, limits, mostRunnersUp)
      .map(({ client, limit, runnersUp, ...choice }) => ({
        module,
        ...choice,
        client: named(client),
        limit: decidedBy === 'kept' ? null : limit,
        runnersUp: runnersUp.map((one) => ({ client: named(one.client), score: one.score })),
      }))
      .filter(({ client, expert }) => (filter.client ?? client) === client && (filter.expert ?? expert) === expert)
      .sort((one, other) => one.expert - other.expert || one.rank - other.rank);
  };
  return {
    decidedIn: { federationId: federation.id, round },
    decidedBy,
    scores: assigned.scores,
    limits,
    choices: modules.flatMap(choicesOf),
  };
}

function chosenModules({ modules }: Federation, chosen: string | undefined): string[] {
  const names = modules.map(({ name }) => name);
  if (chosen === undefined) return names;
  if (names.includes(chosen)) return [chosen];
  const errors = [{ field: 'module', value: chosen, message: `expected one of ${names.join(', ')}` }];
  throw new ProblemException('VALIDATION_FAILED', `module: ${errors[0]?.message}`, { errors });
}

/** The least number may have been lowered when the round before closed. */
function limitsIn({ configuration, rounds }: Federation, round: number, { assignment }: Assigned): AssignmentLimits {
  const { experts, expertChoices, maxExperts, homogeneous } = configuration;
  const minExperts = rounds[round - 1]?.closed?.minExperts ?? configuration.minExperts;
  return { experts, clients: Object.keys(assignment).length, expertChoices, minExperts, maxExperts, homogeneous };
}

/** A static assignment is drawn again where others take part than before. */
function basisOf({ configuration, rounds }: Federation, round: number, { assignment }: Assigned) {
  const before = rounds[round - 1]?.assigned;
  if (round === 1 || configuration.assignment === 'random') return 'draw';
  if (configuration.assignment === 'reverse-selection') return 'affinity';
  const names = (assigned: Assigned['assignment']): string => Object.keys(assigned).sort().join();
  return before && names(before.assignment) === names(assignment) ? 'kept' : 'draw';
}
