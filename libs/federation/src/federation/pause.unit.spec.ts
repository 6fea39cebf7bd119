import { describe, expect, it } from '@jest/globals';
import { abandonedJobs } from './abandoned-jobs.js';
import { create, given, jobsAfter, refusal, roundTwo, start, typesAfter } from './federation.fixture.js';
import { merges, pause, resume, trains, untilRoundOne } from './partial-round.fixture.js';

const running = untilRoundOne();

describe('a pause', () => {
  it('requires no jobs and withdraws those that wait', () => {
    expect(jobsAfter(...running, trains('ana', 1), pause)).toEqual([]);
    expect(given(...running, pause)).toMatchObject({ status: 'paused', pauseCause: 'operator', reason: 'maintenance' });
    expect(abandonedJobs(given(...running, trains('ana', 1), pause)).map(({ id }) => id)).toEqual([
      'one.1.ben.1',
      'one.1.cem.1',
    ]);
  });

  it('records what ends meanwhile, and goes on where the round stood', () => {
    expect(typesAfter(trains('ana', 1), ...running, pause)).toEqual(['ClientTrained']);
    expect(jobsAfter(...running, pause, trains('ana', 1), resume)).toEqual(['one.1.ben.1', 'one.1.cem.1']);
    const last = [...running, trains('ana', 1), trains('ben', 1), pause, trains('cem', 1)];
    expect(typesAfter(resume, ...last)).toEqual(['FederationResumed', 'RoundClosed']);
  });

  it('lets an aggregation that runs end, and starts nothing after it', () => {
    const closed = [...running, trains('ana', 1), trains('ben', 1), trains('cem', 1), pause];
    expect(given(...closed, merges(1, ['ana', 'ben', 'cem']))).toMatchObject({ status: 'paused', round: 2 });
    expect(jobsAfter(...closed, merges(1, ['ana', 'ben', 'cem']))).toEqual([]);
    expect(jobsAfter(...closed, merges(1, ['ana', 'ben', 'cem']), resume)).toContain('one.2.ana.1');
  });

  it('can be ended by a cancellation', () => {
    const cancelled = given(...running, pause, { type: 'CancelFederation', reason: 'enough' });
    expect(cancelled).toMatchObject({ status: 'cancelled', reason: 'enough', pauseCause: null });
  });

  it('and its end change nothing when repeated, and are refused where nothing runs', () => {
    expect(typesAfter(pause, ...running, pause)).toEqual([]);
    expect(typesAfter(resume, ...running)).toEqual([]);
    expect(refusal(start, ...running, pause).code).toBe('FEDERATION_PAUSED');
    for (const command of [pause, resume]) {
      expect(refusal(command, create).code).toBe('FEDERATION_NOT_RUNNING');
      expect(refusal(command, ...roundTwo).code).toBe('FEDERATION_ALREADY_FINISHED');
    }
  });
});
