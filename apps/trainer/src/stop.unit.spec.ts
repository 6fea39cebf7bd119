import { describe, expect, it } from '@jest/globals';
import { endsWithin } from './stop.js';

describe('work that has to end in time', () => {
  it('has ended where it does, and is left where it does not', async () => {
    expect(await endsWithin(Promise.resolve(), 60)).toBe(true);
    expect(await endsWithin(new Promise(() => undefined), 0.01)).toBe(false);
  });

  it('tells why it failed', async () => {
    await expect(endsWithin(Promise.reject(new Error('the queue is away')), 60)).rejects.toThrow('the queue is away');
  });
});
