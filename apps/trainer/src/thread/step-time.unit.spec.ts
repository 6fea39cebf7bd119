import { describe, expect, it } from '@jest/globals';
import { StepTimes, typicalBatch } from './step-time.js';

const ofLength = (length: number) => ({ ids: Array.from({ length }, () => 5), promptLength: 1 });

describe('a batch of typical length', () => {
  it.each([
    [1, [9]],
    [2, [8, 9]],
    [3, [8, 9, 20]],
    [9, [2, 8, 9, 20, 30]],
  ])('of %d examples has those of middle length', (batchSize, lengths) => {
    const batch = typicalBatch([20, 2, 9, 30, 8].map(ofLength), batchSize, 0);
    expect([batch.rows, batch.tokenCount]).toEqual([lengths.length, lengths.reduce((sum, length) => sum + length, 0)]);
    expect(batch.time).toBe(Math.max(...lengths));
  });
});

describe('times of steps', () => {
  it('are measured once each, and again where measuring failed', async () => {
    const times = new StepTimes();
    await expect(times.of('a', () => Promise.reject(new Error('taken away')))).rejects.toThrow('taken away');
    expect(await times.of('a', async () => 2)).toBe(2);
    expect(await times.of('a', async () => 3)).toBe(2);
    expect(await times.of('b', async () => 3)).toBe(3);
  });
});
