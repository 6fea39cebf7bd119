import { describe, expect, it } from '@jest/globals';
import type { UnplacedJob } from './placer.js';
import { UnplacedJobs, unplacedGrace } from './unplaced-jobs.js';

const job = (client: string): UnplacedJob => ({
  ...{ id: `one.0.${client}.1`, client, attempt: 1, reason: 'there is no live trainer', trainers: [] },
});
const long = 1_000_000;
const names = (jobs: UnplacedJobs, now: number, watchedFor: number | null): string[] =>
  jobs.due(now, watchedFor).map(({ id }) => id);

describe('jobs that no live trainer can run', () => {
  it('are told when it has been so for the grace, each from its own beginning', () => {
    const jobs = new UnplacedJobs();
    jobs.note('one', 0, [job('ward')], 0);
    jobs.note('one', 0, [job('ward'), job('bank')], 4000);
    expect(names(jobs, unplacedGrace - 1, long)).toEqual([]);
    expect(names(jobs, unplacedGrace, long)).toEqual(['one.0.ward.1']);
    expect(names(jobs, unplacedGrace + 4000, long)).toEqual(['one.0.ward.1', 'one.0.bank.1']);
  });

  it('are told once', () => {
    const jobs = new UnplacedJobs();
    jobs.note('one', 0, [job('ward')], 0);
    jobs.told('one', 'one.0.ward.1');
    jobs.note('one', 0, [job('ward'), job('bank')], 1000);
    expect(names(jobs, long, long)).toEqual(['one.0.bank.1']);
  });

  it('are not told once they were placed in between, or nobody waits for them any more', () => {
    const jobs = new UnplacedJobs();
    jobs.note('one', 0, [job('ward')], 0);
    jobs.note('one', 0, [], 5000);
    jobs.note('one', 0, [job('ward')], 6000);
    expect(names(jobs, unplacedGrace + 5999, long)).toEqual([]);
    expect(names(jobs, unplacedGrace + 6000, long)).toEqual(['one.0.ward.1']);
    jobs.forget('one');
    expect(names(jobs, long, long)).toEqual([]);
  });

  it('are not told while, or a grace after, the queue was away: nobody could be seen', () => {
    const jobs = new UnplacedJobs();
    jobs.note('one', 0, [job('ward')], 0);
    expect(names(jobs, long, null)).toEqual([]);
    expect(names(jobs, long, unplacedGrace - 1)).toEqual([]);
    expect(names(jobs, long, unplacedGrace)).toEqual(['one.0.ward.1']);
  });
});
