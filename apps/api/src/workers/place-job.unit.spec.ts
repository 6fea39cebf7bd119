import { describe, expect, it } from '@jest/globals';
import { needsOf } from '@fedamole/queues';
import { liveTrainer } from '../fixtures/announced-trainer.js';
import { placeJob } from './place-job.js';
import { problemsOf } from './pool-problems.js';

const needs = (client: string, trainerLabels: string[] = [], weights: 'float32' | 'int8' | 'auto' = 'float32') =>
  needsOf(client, { trainerLabels, weights }, 1_000_000);
const north = liveTrainer('north', { pool: 'north', clients: ['ward', 'lab'], labels: ['site=north'] });
const south = liveTrainer('south', { pool: 'south', clients: ['bank', 'lab'], labels: ['site=south'] });

describe('the pool of a job', () => {
  it('is one whose trainers reach the client', () => {
    expect(placeJob(needs('ward'), [north, south])).toEqual({ pool: 'north' });
    expect(placeJob(needs('bank'), [north, south])).toEqual({ pool: 'south' });
  });

  it('is the one with fewer jobs for each trainer that can run it, and the first by name where they are equal', () => {
    expect(placeJob(needs('lab'), [south, north])).toEqual({ pool: 'north' });
    const jobs = (pool: string): number => (pool === 'north' ? 3 : 2);
    expect(placeJob(needs('lab'), [north, south], jobs)).toEqual({ pool: 'south' });
    const twice = [north, { ...north, id: 'north-2' }, south];
    expect(placeJob(needs('lab'), twice, jobs)).toEqual({ pool: 'north' });
  });

  it('is one of which only some trainers can run it where there is no other', () => {
    const mixed = [liveTrainer('a', { clients: ['bank'] }), liveTrainer('b', { clients: ['bank', 'ward'] })];
    expect(placeJob(needs('ward'), mixed)).toEqual({ pool: 'default' });
    expect(placeJob(needs('ward'), [...mixed, north], (pool) => (pool === 'north' ? 99 : 0))).toEqual({
      pool: 'north',
    });
    expect(problemsOf(mixed)).toEqual([
      { worker: 'a', pool: 'default', problem: 'does not reach "ward", which other trainers of pool "default" reach' },
    ]);
  });

  it('is none where no live trainer can run it, and it says what each lacks', () => {
    const gpu = liveTrainer('gpu', { clients: ['ward'], device: 'cuda', weightForms: ['float32'], memoryBytes: null });
    const small = liveTrainer('small', { clients: ['ward'], memoryBytes: 2 ** 20 });
    expect(placeJob(needs('ward'), [])).toEqual({ pool: null, reason: 'there is no live trainer', trainers: [] });
    expect(placeJob(needs('ward', ['site=south']), [north, south])).toEqual({
      pool: null,
      reason:
        'no live trainer can run it: lacks the label site=south (1 of 2); does not reach the data of client "ward" (1 of 2)',
      trainers: [
        { trainer: 'north', lacks: 'lacks the label site=south' },
        { trainer: 'south', lacks: 'does not reach the data of client "ward"' },
      ],
    });
    expect(placeJob(needs('ward', [], 'int8'), [gpu])).toMatchObject({
      reason: 'no live trainer can run it: cannot hold weights in int8 on cuda (1 of 1)',
    });
    expect(placeJob(needs('ward'), [small])).toMatchObject({
      reason: 'no live trainer can run it: has 1 MiB of memory, and the frozen weights alone take 4 (1 of 1)',
    });
    expect(placeJob(needs('ward', ['device=cuda']), [gpu, small])).toEqual({ pool: 'default' });
    expect(placeJob(needs('ward', [], 'auto'), [gpu])).toEqual({ pool: 'default' });
  });
});
