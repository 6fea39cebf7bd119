/** Whatever outcomes and commands come, however often and in whatever order: a federation never gets stuck. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DomainError } from '../domain-error.js';
import type { AggregationResult } from '../results.js';
import type { FederationCommand } from './commands.js';
import { decideFederation } from './decide.js';
import type { FederationEvent } from './events.js';
import { evolveFederation, foldFederation } from './evolve.js';
import { baseline, start, trained } from './federation.fixture.js';
import { assigned, creating, merged } from './partial-round.fixture.js';
import type { RequiredJob } from './required-jobs.js';
import { requiredJobs } from './required-jobs.js';
import { awaitedClients } from './round.js';
import type { Federation, FederationState } from './state.js';

const clients = ['ana', 'ben', 'cem', 'dora'];

/** What happens next: the outcome of a required job, something told again, or a command of an operator or of time. */
const happening = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('succeeds' as const), pick: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('fails' as const), pick: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('again' as const), pick: fc.nat(1000) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('command' as const), pick: fc.nat(12) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('refuses' as const), pick: fc.nat(20) }) },
);
type Happening = typeof happening extends fc.Arbitrary<infer Value> ? Value : never;

const settings = fc.record({
  quorum: fc.constantFrom(0.25, 0.5, 0.75, 1),
  roundDeadline: fc.constantFrom(60, null),
  allowFewerExperts: fc.boolean(),
  topK: fc.constantFrom(1, 2),
});

function resultOf({ payload }: Extract<RequiredJob, { queue: 'aggregation' }>): AggregationResult {
  if (payload.kind === 'initialise') return merged(payload.clients);
  if (payload.lastRound) return merged(null);
  const next = payload.nextRound?.participants ?? payload.results;
  return { ...merged([]), next: { assignment: assigned(next.map(({ client }) => client)), scores: 'f'.repeat(64) } };
}

function outcomeOf(job: RequiredJob, kind: 'succeeds' | 'fails' | 'refuses', pick: number): FederationCommand {
  const { round, attempt } = job.payload;
  if (job.queue === 'aggregation') {
    if (kind === 'fails') return { type: 'RecordAggregationFailure', round, attempt, reason: 'disk full' };
    if (kind === 'succeeds' || job.payload.kind === 'initialise') {
      return { type: 'RecordAggregation', round, attempt, result: resultOf(job) };
    }
    const { results } = job.payload;
    const { client, adapter } = results[pick % results.length] ?? { client: '', adapter: '' };
    return { type: 'RecordRefusals', round, attempt, refused: [{ client, artifact: adapter, reason: 'not finite' }] };
  }
  const { client } = job.payload;
  if (kind !== 'succeeds') return { type: 'RecordClientFailure', round, client, attempt, reason: 'no data' };
  return job.payload.kind === 'train'
    ? { type: 'RecordTraining', round, client, attempt, result: trained(client.charAt(0)) }
    : { type: 'RecordBaseline', client, attempt, result: baseline };
}

function commandOf({ round }: Federation, pick: number): FederationCommand {
  const client = clients[pick % clients.length] ?? '';
  const commands: FederationCommand[] = [
    { type: 'CloseRound', round },
    { type: 'PauseFederation', reason: null },
    { type: 'ResumeFederation' },
    { type: 'ResumeFederation' },
    { type: 'DropClient', client, reason: null },
    { type: 'JoinClient', client },
    { type: 'RetryClient', round, client },
  ];
  return commands[pick % commands.length] ?? { type: 'ResumeFederation' };
}

/** Plays it through; `check` sees every state. Operators' commands may be refused, outcomes of required jobs may not. */
function play(created: FederationCommand, story: readonly Happening[], check: (federation: Federation) => void) {
  const told: FederationCommand[] = [];
  const events: FederationEvent[] = [];
  let state: FederationState = { status: 'absent' };
  const handle = (command: FederationCommand): void => {
    const decided = decideFederation(command, state);
    events.push(...decided);
    state = decided.reduce<FederationState>(evolveFederation, state);
    if (state.status !== 'absent') check(state);
  };
  handle(created);
  handle(start);
  for (const { kind, pick } of story) {
    const federation = state as FederationState;
    if (federation.status === 'absent') throw new Error('it disappeared');
    const jobs = requiredJobs(federation);
    const job = jobs[pick % Math.max(1, jobs.length)];
    if (kind === 'command') {
      try {
        handle(commandOf(federation, pick));
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
      }
    } else if (kind === 'again') {
      const before = events.length;
      const command = told[pick % Math.max(1, told.length)];
      if (command) handle(command);
      const added = events.slice(before).map(({ type }) => type);
      expect(added.filter((type) => type !== 'LateResultRecorded')).toEqual([]);
    } else if (job) {
      const outcome = outcomeOf(job, kind, pick);
      handle(outcome);
      told.push(outcome);
    }
  }
  return { events, state: foldFederation(events) };
}

const plays = (
  check: (federation: Federation) => void,
  after: (events: readonly FederationEvent[]) => void = () => undefined,
) =>
  fc.assert(
    fc.property(settings, fc.array(happening, { maxLength: 80 }), (options, story) => {
      const { events } = play(creating({ rounds: 4, ...options }, clients), story, check);
      after(events);
    }),
    { numRuns: 400 },
  );

describe('a federation, whatever happens', () => {
  it('requires jobs while it runs, each of them for a client that it awaits or for a round that is closed', () => {
    plays((federation) => {
      const jobs = requiredJobs(federation);
      if (federation.status !== 'running') return expect(jobs).toEqual([]);
      expect(jobs.length).toBeGreaterThan(0);
      expect(new Set(jobs.map(({ id }) => id)).size).toBe(jobs.length);
      const round = federation.rounds[federation.round];
      const awaited = round ? awaitedClients(round, federation.left) : [];
      expect(jobs).toHaveLength(round?.closed ? 1 : awaited.length);
    });
  });

  it('closes a round again only after a refusal or a resumption, and merges what it closed with', () => {
    plays(
      (federation) => {
        const round = federation.rounds[federation.round];
        if (federation.status !== 'running' || !round?.closed || round.round === 0) return;
        const [job] = requiredJobs(federation);
        const results = job?.payload.kind === 'aggregate' ? job.payload.results : [];
        expect(results.map(({ client }) => client)).toEqual(round.closed.answered);
      },
      (events) => {
        const open = new Set<number>();
        for (const { type, data } of events) {
          if (type === 'RoundStarted') open.add(data.round);
          if (type === 'ContributionRefused') open.add(data.round);
          if (type === 'RoundClosed') expect(open.delete(data.round)).toBe(true);
        }
      },
    );
  });

  it('names the reason of every pause', () => {
    plays((federation) => {
      if (federation.status === 'paused') expect(federation.reason).toMatch(/./);
      expect(federation.pauseCause === null).toBe(federation.status !== 'paused');
    });
  });
});
