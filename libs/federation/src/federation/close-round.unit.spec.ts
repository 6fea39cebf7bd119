import { describe, expect, it } from '@jest/globals';
import { abandonedJobs } from './abandoned-jobs.js';
import { nobodyIsAwaited } from './close-round.js';
import { decideFederation } from './decide.js';
import { foldFederation } from './evolve.js';
import { baseline, eventsOf, given, jobsAfter, refusal, start, trained, typesAfter } from './federation.fixture.js';
import {
  creating,
  fails,
  members,
  merges,
  only,
  passes,
  pause,
  resume,
  roundIn,
  trains,
  untilRoundOne,
} from './partial-round.fixture.js';
import { requiredJobs } from './required-jobs.js';
import type { Federation } from './state.js';

const twoThirds = untilRoundOne({ quorum: 0.66, roundDeadline: 60 });

describe('a round closes', () => {
  it('at once when every participant has answered, and that is the merge', () => {
    const closed = only(
      eventsOf(...untilRoundOne(), trains('cem', 1), trains('ana', 1), trains('ben', 1)).slice(-2),
      'RoundClosed',
    );
    expect(closed).toEqual({
      federationId: 'one',
      round: 1,
      answered: ['ana', 'ben', 'cem'],
      missing: [],
      cause: 'all-answered',
      next: ['ana', 'ben', 'cem'],
    });
  });

  it('without a client that failed for good, where the quorum is reached', () => {
    const events = eventsOf(...twoThirds, trains('ana', 1), fails('ben', 1), trains('cem', 1));
    expect(events.at(-1)).toMatchObject({
      type: 'RoundClosed',
      data: { answered: ['ana', 'cem'], missing: [{ client: 'ben', reason: 'no data' }], cause: 'all-answered' },
    });
    expect(requiredJobs(given(...twoThirds, trains('ana', 1), fails('ben', 1), trains('cem', 1)))).toMatchObject([
      { id: 'one.1.aggregation.1', payload: { results: [{ client: 'ana' }, { client: 'cem' }] } },
    ]);
  });

  it('at its deadline with those who have answered', () => {
    const events = eventsOf(...twoThirds, trains('ana', 1), trains('cem', 1), passes(1));
    expect(events.at(-1)).toMatchObject({
      type: 'RoundClosed',
      data: { missing: [{ client: 'ben', reason: 'no answer by the deadline' }], cause: 'deadline' },
    });
    const closed = given(...twoThirds, trains('ana', 1), trains('cem', 1), passes(1));
    expect(abandonedJobs(closed).map(({ id }) => id)).toEqual(['one.1.ben.1']);
  });

  it('only once, and never for a round that is over or while it is paused', () => {
    const closed = [...twoThirds, trains('ana', 1), trains('cem', 1), passes(1)];
    expect(typesAfter(passes(1), ...closed)).toEqual([]);
    expect(typesAfter(passes(0), ...closed)).toEqual([]);
    expect(typesAfter(passes(1), ...twoThirds, pause)).toEqual([]);
    expect(refusal(passes(2), ...closed).code).toBe('ROUND_NOT_STARTED');
  });

  it.each([
    [0.7, 10, 7],
    [0.1, 3, 1],
    [0.5, 3, 2],
    [1, 3, 3],
  ])('with a quorum of %d of %d clients where %d answered, and not with one fewer', (quorum, count, needed) => {
    const clients = Array.from({ length: count }, (_, index) => `client-${index}`);
    const configuration = {
      quorum,
      roundDeadline: 60,
      minExperts: 1,
      topK: 1,
      expertChoices: 1,
      experts: 10,
      maxExperts: 10,
    };
    const measured = clients.map((client) => ({
      type: 'RecordBaseline' as const,
      client,
      attempt: 1,
      result: baseline,
    }));
    const atDeadline = (answers: number) =>
      typesAfter(passes(0), creating(configuration, clients), start, ...measured.slice(0, answers));
    if (needed < count) expect(atDeadline(needed)).toEqual(['RoundClosed']);
    expect(atDeadline(needed - 1)).toEqual(['FederationPaused']);
  });
});

describe('a round of an earlier version', () => {
  const old = eventsOf(...untilRoundOne(), trains('ana', 1), trains('ben', 1), trains('cem', 1)).filter(
    ({ type }) => type !== 'RoundClosed',
  );

  it('did not close: the round process closes it, and its aggregation goes on under the same job', () => {
    const state = foldFederation(old) as Federation;
    expect(nobodyIsAwaited(state)).toBe(true);
    const events = decideFederation(passes(1), state);
    expect(events).toMatchObject([{ type: 'RoundClosed', data: { answered: members, cause: 'all-answered' } }]);
    expect(requiredJobs(foldFederation([...old, ...events]))).toMatchObject([{ id: 'one.1.aggregation.1' }]);
  });

  it('that drew its first pool before all baselines were there draws it again when it closes', () => {
    const early = old.filter(({ type }) => type !== 'BaselineMeasured');
    const begun = foldFederation(early.slice(0, early.findIndex(({ type }) => type === 'ExpertsAssigned') + 1));
    expect(requiredJobs(begun).map(({ id }) => id)).toEqual(['one.0.ana.1', 'one.0.ben.1', 'one.0.cem.1']);
  });
});

describe('too few answers', () => {
  const missed = [...twoThirds, fails('ben', 1, 1, 'disk full'), trains('ana', 1), passes(1)];

  it('pause the federation, with the figures and the reason of each that is missing', () => {
    expect(given(...missed)).toMatchObject({
      status: 'paused',
      pauseCause: 'quorum',
      reason:
        '1 of 3 clients answered in round 1, and the quorum of 0.66 asks for 2 of 3. ' +
        'Missing: "ben": disk full; "cem": no answer by the deadline',
    });
    expect(jobsAfter(...missed)).toEqual([]);
    expect(abandonedJobs(given(...missed)).map(({ id }) => id)).toEqual(['one.1.ben.1', 'one.1.cem.1']);
  });

  it('give those that are missing another attempt when it is resumed', () => {
    expect(only(eventsOf(...missed, resume).slice(-1), 'FederationResumed')).toMatchObject({
      retried: [
        { client: 'ben', attempt: 2 },
        { client: 'cem', attempt: 2 },
      ],
    });
    expect(jobsAfter(...missed, resume)).toEqual(['one.1.ben.2', 'one.1.cem.2']);
    expect(given(...missed, resume)).toMatchObject({ status: 'running', reason: null });
  });

  it('become enough where a slow one still answers, even with its first attempt', () => {
    expect(typesAfter(trains('cem', 1), ...missed)).toEqual(['ClientTrained']);
    expect(jobsAfter(...missed, trains('cem', 1), resume)).toEqual(['one.1.ben.2']);
    const slow = [...missed, resume, trains('cem', 1)];
    expect(jobsAfter(...slow)).toEqual(['one.1.ben.2']);
    expect(abandonedJobs(given(...slow)).map(({ id }) => id)).toContain('one.1.cem.2');
  });

  it('do not count the outcome of an attempt that is settled', () => {
    expect(typesAfter(fails('ben', 1, 1), ...missed, resume)).toEqual([]);
    expect(typesAfter(trains('ben', 1, 1), ...missed, resume)).toEqual([]);
    expect(typesAfter(fails('ben', 1, 2), ...missed, resume)).toEqual(['ClientTrainingFailed']);
  });

  it('pause a round 0 likewise, and one with a quorum goes on without a baseline', () => {
    const measured = { type: 'RecordBaseline' as const, client: 'ana', attempt: 1, result: baseline };
    const begun = [creating({ quorum: 0.6 }), start, measured, fails('ben', 0)];
    expect(typesAfter(fails('cem', 0), ...begun)).toEqual(['ClientTrainingFailed', 'FederationPaused']);
    const closed = [...begun, { ...measured, client: 'cem' }];
    expect(requiredJobs(given(...closed))).toMatchObject([
      { payload: { kind: 'initialise', clients: ['ana', 'cem'] } },
    ]);
  });
});

describe('a result that comes too late', () => {
  const closed = [...twoThirds, trains('ana', 1), trains('cem', 1), passes(1)];

  it('is recorded once and never merged', () => {
    expect(typesAfter(trains('ben', 1), ...closed)).toEqual(['LateResultRecorded']);
    expect(typesAfter(trains('ben', 1), ...closed, trains('ben', 1))).toEqual([]);
    const later = given(...closed, trains('ben', 1), merges(1, ['ana', 'cem']), trains('ben', 1));
    expect(roundIn(later, 1)).toMatchObject({ late: { ben: trained('b') }, closed: { answered: ['ana', 'cem'] } });
    expect(Object.keys(roundIn(later, 1).results)).toEqual(['ana', 'cem']);
  });

  it('is recorded after the end, too', () => {
    const ended = [...closed, { type: 'CancelFederation' as const, reason: null }];
    expect(typesAfter(trains('ben', 1), ...ended)).toEqual(['LateResultRecorded']);
    expect(typesAfter(fails('ben', 1), ...ended)).toEqual([]);
  });
});

describe('a refused contribution', () => {
  const all = [...untilRoundOne({ quorum: 0.66 }), trains('ana', 1), trains('ben', 1), trains('cem', 1)];
  const refuses = (...clients: string[]) => ({
    type: 'RecordRefusals' as const,
    round: 1,
    attempt: 1,
    refused: clients.map((client) => ({ client, artifact: trained(client.charAt(0)).adapter, reason: 'not finite' })),
  });

  it('is left out, and the others are merged by a new job', () => {
    expect(typesAfter(refuses('ben'), ...all)).toEqual(['ContributionRefused', 'RoundClosed']);
    const [job] = requiredJobs(given(...all, refuses('ben')));
    expect(job).toMatchObject({
      id: 'one.1.aggregation.2',
      payload: { results: [{ client: 'ana' }, { client: 'cem' }] },
    });
    expect(roundIn(given(...all, refuses('ben')), 1).closed).toMatchObject({
      missing: [{ client: 'ben', reason: 'not finite' }],
    });
  });

  it('changes nothing when it is told twice, also with the result that it is about', () => {
    expect(typesAfter(refuses('ben'), ...all, refuses('ben'))).toEqual([]);
    expect(typesAfter(trains('ben', 1), ...all, refuses('ben'))).toEqual([]);
    expect(typesAfter(merges(1, ['ana', 'ben', 'cem'], 1), ...all, refuses('ben'))).toEqual([]);
    expect(typesAfter(merges(1, ['ana', 'cem'], 2), ...all, refuses('ben'))[0]).toBe('RoundAggregated');
  });

  it('pauses the federation where too few remain', () => {
    const paused = [...all, refuses('ben', 'cem')];
    expect(typesAfter(refuses('ben', 'cem'), ...all)).toEqual([
      'ContributionRefused',
      'ContributionRefused',
      'FederationPaused',
    ]);
    expect(jobsAfter(...paused, resume)).toEqual(['one.1.ben.2', 'one.1.cem.2']);
    expect(jobsAfter(...paused, resume, trains('ben', 1, 2), fails('cem', 1, 2))).toEqual(['one.1.aggregation.2']);
  });

  it('is no refusal where the round has no such artifact', () => {
    const foreign = { ...refuses('ben'), refused: [{ client: 'ben', artifact: trained('z').adapter, reason: 'x' }] };
    expect(refusal(foreign, ...all)).toMatchObject({ code: 'RESULT_REFUSED' });
  });
});
