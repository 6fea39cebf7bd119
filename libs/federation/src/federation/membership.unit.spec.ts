import { describe, expect, it } from '@jest/globals';
import { abandonedJobs } from './abandoned-jobs.js';
import type { FederationCommand } from './commands.js';
import { create, eventsOf, given, jobsAfter, refusal, roundTwo, typesAfter } from './federation.fixture.js';
import { fails, merges, only, pause, resume, roundIn, trains, untilRoundOne } from './partial-round.fixture.js';
import { requiredJobs } from './required-jobs.js';

const leaves = (client: string): FederationCommand => ({ type: 'DropClient', client, reason: 'moved away' });
const joins = (client: string): FederationCommand => ({ type: 'JoinClient', client });
const retries = (client: string, round = 1): FederationCommand => ({ type: 'RetryClient', round, client });
const nextAfter = (...commands: FederationCommand[]) => {
  const { closed } = roundIn(given(...commands), 1);
  return closed?.next;
};

describe('a client that leaves', () => {
  it('is waited for no more, and counts in no quorum', () => {
    const others = [...untilRoundOne(), trains('ana', 1), trains('cem', 1)];
    expect(typesAfter(leaves('ben'), ...others)).toEqual(['ClientLeft', 'RoundClosed']);
    const closed = only(eventsOf(...others, leaves('ben')).slice(-1), 'RoundClosed');
    expect(closed).toMatchObject({
      missing: [{ client: 'ben', reason: 'left the federation: moved away' }],
      next: ['ana', 'cem'],
    });
    expect(abandonedJobs(given(...untilRoundOne(), leaves('ben'))).map(({ id }) => id)).toEqual(['one.1.ben.1']);
  });

  it('leaves what it has handed in, which is merged; what comes later is not', () => {
    const closed = [...untilRoundOne(), trains('ben', 1), leaves('ben'), trains('ana', 1), trains('cem', 1)];
    expect(requiredJobs(given(...closed))).toMatchObject([
      { payload: { results: [{ client: 'ana' }, { client: 'ben' }, { client: 'cem' }] } },
    ]);
    expect(nextAfter(...closed)).toEqual(['ana', 'cem']);
    expect(typesAfter(trains('ben', 1), ...untilRoundOne(), leaves('ben'))).toEqual(['LateResultRecorded']);
  });

  it('helps a federation on that is paused for lack of its answer', () => {
    const paused = [...untilRoundOne(), trains('ana', 1), trains('cem', 1), fails('ben', 1)];
    expect(given(...paused)).toMatchObject({ status: 'paused', pauseCause: 'quorum' });
    expect(jobsAfter(...paused, leaves('ben'), resume)).toEqual(['one.1.aggregation.1']);
  });

  it('cannot be the last one, and leaves once', () => {
    const alone = [...untilRoundOne(), leaves('ana'), leaves('ben')];
    expect(refusal(leaves('cem'), ...alone).code).toBe('LAST_CLIENT');
    expect(typesAfter(leaves('ana'), ...alone)).toEqual([]);
    expect(refusal(leaves('nobody'), ...alone).code).toBe('CLIENT_NOT_IN_FEDERATION');
    expect(refusal(leaves('bank'), ...roundTwo).code).toBe('FEDERATION_ALREADY_FINISHED');
  });
});

describe('a client that joins', () => {
  it('takes part from the round that starts next', () => {
    const joined = [...untilRoundOne(), joins('dora')];
    expect(jobsAfter(...joined)).toEqual(['one.1.ana.1', 'one.1.ben.1', 'one.1.cem.1']);
    const closed = [...joined, trains('ana', 1), trains('ben', 1), trains('cem', 1)];
    expect(nextAfter(...closed)).toEqual(['ana', 'ben', 'cem', 'dora']);
    expect(jobsAfter(...closed, merges(1, ['ana', 'ben', 'cem', 'dora']))).toContain('one.2.dora.1');
  });

  it('may have left before; of one that belongs to it nothing changes', () => {
    expect(typesAfter(joins('ben'), ...untilRoundOne(), leaves('ben'))).toEqual(['ClientJoined']);
    expect(typesAfter(joins('ben'), ...untilRoundOne())).toEqual([]);
    expect(refusal(joins('dora'), ...roundTwo).code).toBe('FEDERATION_ALREADY_FINISHED');
  });

  it('before the start belongs to round 0', () => {
    expect(jobsAfter(create, joins('dora'), { type: 'StartFederation' })).toContain('one.0.dora.1');
  });

  it('has no embeddings yet: its scores are to be drawn', () => {
    const closed = [...untilRoundOne(), joins('dora'), trains('ana', 1), trains('ben', 1), trains('cem', 1)];
    const [job] = requiredJobs(given(...closed));
    expect(job?.payload).toMatchObject({
      nextRound: {
        participants: [
          { client: 'ana', embeddings: 'a'.repeat(64) },
          { client: 'ben', embeddings: 'b'.repeat(64) },
          { client: 'cem', embeddings: 'c'.repeat(64) },
          { client: 'dora', embeddings: null },
        ],
        earlier: [],
      },
    });
  });
});

describe('a member that misses a round', () => {
  const clients = ['ana', 'ben', 'cem', 'dora'];
  const options = { rounds: 6, quorum: 0.5 };
  const others = ['ana', 'cem', 'dora'];
  const withoutBen = (round: number): FederationCommand[] => others.map((client) => trains(client, round));
  const missed = [...untilRoundOne(options, clients), fails('ben', 1), ...withoutBen(1), merges(1, others)];
  const satOut = [...missed, ...withoutBen(2), merges(2, clients)];

  it('sits out the next one and takes part again in the one after it, with its last embeddings', () => {
    expect(jobsAfter(...missed)).toEqual(['one.2.ana.1', 'one.2.cem.1', 'one.2.dora.1']);
    expect(jobsAfter(...satOut)).toContain('one.3.ben.1');
    const answered = [
      ...untilRoundOne(options, clients),
      ...clients.map((client) => trains(client, 1)),
      merges(1, clients),
    ];
    const back = [...answered, fails('ben', 2), ...withoutBen(2), merges(2, others), ...withoutBen(3)];
    const [job] = requiredJobs(given(...back));
    expect(job?.payload).toMatchObject({
      round: 3,
      nextRound: { participants: expect.arrayContaining([{ client: 'ben', embeddings: 'b'.repeat(64) }]) },
    });
  });

  it('stays out where it misses that one, too, until it joins again', () => {
    const again = [
      ...satOut,
      fails('ben', 3),
      ...withoutBen(3),
      merges(3, others),
      ...withoutBen(4),
      merges(4, others),
    ];
    expect(jobsAfter(...again)).toEqual(['one.5.ana.1', 'one.5.cem.1', 'one.5.dora.1']);
    expect(jobsAfter(...again, joins('ben'), ...withoutBen(5), merges(5, clients))).toContain('one.6.ben.1');
  });

  it('is counted from the beginning again once it has answered', () => {
    const answered = [...satOut, ...withoutBen(3), trains('ben', 3), merges(3, clients)];
    const missedAgain = [...answered, fails('ben', 4), ...withoutBen(4), merges(4, others), ...withoutBen(5)];
    expect(jobsAfter(...missedAgain, merges(5, clients))).toContain('one.6.ben.1');
  });
});

describe('experts that nobody trained', () => {
  it('are scored by the embeddings of the last round in which somebody did', () => {
    const clients = ['ana', 'ben', 'cem', 'dora'];
    const options = { rounds: 4, quorum: 0.5 };
    const first = [
      ...untilRoundOne(options, clients),
      ...clients.map((client) => trains(client, 1)),
      merges(1, clients),
    ];
    const [job] = requiredJobs(given(...first, fails('ana', 2), fails('ben', 2), trains('cem', 2), trains('dora', 2)));
    // by turns: ana and ben hold experts 0, 2 and 4 in every round, and nobody else does
    const held = { 'layers.0.q_proj': [0, 2, 4] };
    expect(job?.payload).toMatchObject({
      nextRound: {
        participants: [{ client: 'cem' }, { client: 'dora' }],
        earlier: [
          { client: 'ana', embeddings: 'a'.repeat(64), trainExamples: 10, held, experts: held },
          { client: 'ben', embeddings: 'b'.repeat(64), trainExamples: 10, held, experts: held },
        ],
      },
    });
  });
});

describe('a parked job', () => {
  it('is tried again on command, while its round is open or the federation is paused', () => {
    const parked = [...untilRoundOne(), fails('ben', 1)];
    expect(jobsAfter(...parked)).toEqual(['one.1.ana.1', 'one.1.cem.1']);
    expect(jobsAfter(...parked, retries('ben'))).toContain('one.1.ben.2');
    expect(typesAfter(retries('ben'), ...parked, retries('ben'))).toEqual([]);
    expect(jobsAfter(...parked, pause, retries('ben'), resume)).toContain('one.1.ben.2');
    const missed = [...parked, trains('ana', 1), trains('cem', 1)];
    expect(jobsAfter(...missed, retries('ben'), resume)).toEqual(['one.1.ben.2']);
  });

  it('is not tried again where its round is closed or its client needs no other attempt', () => {
    const closed = [...untilRoundOne({ quorum: 0.5 }), fails('ben', 1), trains('ana', 1), trains('cem', 1)];
    expect(refusal(retries('ben'), ...closed).code).toBe('ROUND_ALREADY_CLOSED');
    expect(refusal(retries('ben', 0), ...closed).code).toBe('ROUND_ALREADY_CLOSED');
    expect(refusal(retries('ben', 2), ...closed).code).toBe('ROUND_NOT_STARTED');
    expect(refusal(retries('bank'), ...roundTwo).code).toBe('FEDERATION_ALREADY_FINISHED');
    expect(typesAfter(retries('ana'), ...untilRoundOne())).toEqual([]);
    expect(typesAfter(retries('ana'), ...untilRoundOne(), trains('ana', 1))).toEqual([]);
  });
});
