import { describe, expect, it } from '@jest/globals';
import type { FederationCommand } from './commands.js';
import { eventsOf, given, jobsAfter, refusal } from './federation.fixture.js';
import { fails, merged, members, only, resume, trains, untilRoundOne } from './partial-round.fixture.js';
import { requiredJobs } from './required-jobs.js';

const joins: FederationCommand[] = ['dora', 'emil', 'fay', 'gus'].map((client) => ({ type: 'JoinClient', client }));
const all = members.map((client) => trains(client, 1));

describe('the limits of the next assignment', () => {
  // 6 experts of 2 choices make 12: at 2 experts each they suffice for 6 clients, not for 7
  it('pause the federation where its participants cannot meet them, with each inequality', () => {
    const paused = given(...untilRoundOne(), ...joins, ...all);
    expect(paused).toMatchObject({ status: 'paused', pauseCause: 'infeasible' });
    expect(paused).toHaveProperty(
      'reason',
      expect.stringContaining('C b_min <= E k: 7 clients need 2 experts each, 14'),
    );
    const stays: FederationCommand = { type: 'DropClient', client: 'gus', reason: null };
    expect(jobsAfter(...untilRoundOne(), ...joins, ...all, resume)).toEqual([]);
    expect(jobsAfter(...untilRoundOne(), ...joins, ...all, stays, resume)).toEqual(['one.1.aggregation.1']);
  });

  it('are lowered only where that is allowed, never below topK, and the job carries them', () => {
    const allowed = untilRoundOne({ allowFewerExperts: true, topK: 1 });
    const events = eventsOf(...allowed, ...joins, ...all);
    expect(only(events, 'MinExpertsLowered')).toEqual({
      federationId: 'one',
      round: 2,
      from: 2,
      to: 1,
      participants: 7,
    });
    const [job] = requiredJobs(given(...allowed, ...joins, ...all));
    expect(job).toMatchObject({ queue: 'aggregation', payload: { configuration: { minExperts: 1 } } });
    expect(given(...untilRoundOne({ allowFewerExperts: true, topK: 2 }), ...joins, ...all)).toMatchObject({
      status: 'paused',
      pauseCause: 'infeasible',
    });
  });

  it('are those that the assignment must obey', () => {
    const allowed = [...untilRoundOne({ allowFewerExperts: true, topK: 1 }), ...joins, ...all];
    const seven = [...members, 'dora', 'emil', 'fay', 'gus'];
    const assigns = (clients: readonly string[]): FederationCommand => {
      return { type: 'RecordAggregation', round: 1, attempt: 1, result: merged(clients) };
    };
    expect(given(...allowed, assigns(seven))).toMatchObject({ round: 2 });
    expect(refusal(assigns(members), ...allowed).message).toContain('says nothing of client "dora"');
  });

  it('count the participants, not the members: too few of them for an expert to choose from', () => {
    const two = [...untilRoundOne({ quorum: 0.3 }), fails('ana', 1), fails('ben', 1), trains('cem', 1)];
    expect(given(...two)).toHaveProperty('reason', expect.stringContaining('k <= C: an expert picks 2 of 1 clients'));
    expect(jobsAfter(...two, resume)).toEqual(['one.1.ana.2', 'one.1.ben.2']);
  });
});
