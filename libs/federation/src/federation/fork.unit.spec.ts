import { describe, expect, it } from '@jest/globals';
import { decideFederation } from './decide.js';
import type { DomainError } from '../domain-error.js';
import type { FederationCommand } from './commands.js';
import { digestOf, eventsOf, given, roundTwo, start } from './federation.fixture.js';
import { foldFederation } from './evolve.js';
import type { ForkOptions } from './fork.js';
import { forkFederation } from './fork.js';
import { assigned, members, merges, trains, untilRoundOne } from './partial-round.fixture.js';
import { requiredJobs } from './required-jobs.js';
import type { Federation } from './state.js';

const parent = (...commands: FederationCommand[]): Federation => given(...commands) as Federation;
const running = parent(...untilRoundOne(), ...members.map((client) => trains(client, 1)), merges(1, members));
const options = (changes: Partial<ForkOptions> = {}): ForkOptions => {
  return { federationId: 'two', name: 'Again', round: 1, changes: {}, ...changes };
};

function refused(changes: Partial<ForkOptions>): DomainError {
  try {
    decideFederation(forkFederation(running, options(changes)), { status: 'absent' });
  } catch (error) {
    return error as DomainError;
  }
  throw new Error('it was accepted');
}

describe('a fork', () => {
  it('begins in round 1 from the pool and the assignment of its parent, and measures no baseline', () => {
    const fork = given(forkFederation(running, options()), start);
    expect(fork).toMatchObject({ id: 'two', round: 1, parent: { federationId: 'one', round: 1 }, clients: members });
    expect(fork).toMatchObject({ rounds: [{ baselines: { ana: { seconds: 1 } }, started: false }, { started: true }] });
    expect(requiredJobs(fork)).toMatchObject(
      members.map((client) => ({
        id: `two.1.${client}.1`,
        payload: { kind: 'train', round: 1, pool: digestOf('b'), held: assigned(members)[client] },
      })),
    );
  });

  it("of the last round goes on with that round's own assignment, and runs to its end", () => {
    const finished = parent(...roundTwo);
    const command = forkFederation(finished, options({ round: 2, changes: { rounds: 1, learningRate: 1e-4 } }));
    expect(command.configuration).toMatchObject({ rounds: 1, learningRate: 1e-4, rank: 8 });
    expect(command.parent?.assignment).toEqual(finished.rounds[2]?.assigned?.assignment);
    const events = eventsOf(command, start, trains('bank', 1), trains('ward', 1), merges(1, null));
    expect(events.at(-1)?.type).toBe('FederationCompleted');
  });

  it('is refused where its parent has no pool, and where a change does not go with it', () => {
    expect(refused({ round: 2 })).toMatchObject({ code: 'ROUND_WITHOUT_POOL', details: { round: 2 } });
    expect(refused({ round: 7 })).toMatchObject({ code: 'ROUND_WITHOUT_POOL' });
    expect(refused({ changes: { rank: 16 } })).toMatchObject({
      code: 'CONFIGURATION_CONFLICT',
      message: 'rank is 16: the pool was made with 8, and a fork keeps it',
    });
    expect(refused({ changes: { experts: 7 } }).details).toMatchObject({ field: 'experts', value: 7, limit: 6 });
    expect(refused({ changes: { weights: 'auto' } }).details).toMatchObject({ field: 'weights' });
    expect(refused({ changes: { expertChoices: 3 } }).message).toContain(
      'gives expert 0 of "layers.0.q_proj" to 2 clients',
    );
    expect(refused({ changes: { minExperts: 5 } }).code).toBe('FEDERATION_INFEASIBLE');
  });

  it('takes over what "auto" came to', () => {
    const compared = [{ form: 'int8' as const, secondsPerStep: 1, lossDifference: 0, scoreDifference: 0 }];
    const auto: Federation = {
      ...running,
      configuration: { ...running.configuration, weights: 'auto' },
      chosenWeightForm: { form: 'int8', compared },
    };
    const fork = foldFederation(eventsOf(forkFederation(auto, options()), start));
    expect(requiredJobs(fork)[0]?.payload.configuration.weights).toBe('int8');
  });
});
