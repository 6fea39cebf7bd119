import { describe, expect, it } from '@jest/globals';
import { readOptions } from './options.js';

describe('the options of chaos', () => {
  it('are ten moments on both queues where nothing is asked for', () => {
    expect(readOptions([])).toEqual({ times: 10, seed: 1, queues: ['redis', 'postgres'], trainers: [2] });
    expect(readOptions(['--help'])).toBeNull();
  });

  it('name the value that is wrong and the limit', () => {
    expect(() => readOptions(['--trainers', '2,0'])).toThrow('--trainers is "0": use a whole number from 1 to 64');
    expect(() => readOptions(['--queue', 'kafka'])).toThrow('--queue is "kafka": use redis, postgres or both');
    expect(() => readOptions(['--times', '-1'])).toThrow('--times');
  });
});
