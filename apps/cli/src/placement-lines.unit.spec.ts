import { describe, expect, it } from '@jest/globals';
import { PlacementLines } from './placement-lines.js';
import type { ClientProgress } from './resources.js';

const client = (name: string, unplaced: string | null): ClientProgress => ({
  ...{ client: name, state: 'waiting', phase: null, step: 0, steps: 0, loss: null, tokensPerSecond: null },
  unplaced,
});

describe('what is said of jobs that no trainer can run', () => {
  it('is said once, again for another reason, and when it is over', () => {
    const lines = new PlacementLines();
    expect(lines.of({ clients: [client('bank', null), client('ward', null)] })).toEqual([]);
    const waiting = [client('bank', null), client('ward', 'there is no live trainer')];
    expect(lines.of({ clients: waiting })).toEqual(['ward waits for a trainer: there is no live trainer']);
    expect(lines.of({ clients: waiting })).toEqual([]);
    expect(lines.of({ clients: [client('ward', 'too small')] })).toEqual(['ward waits for a trainer: too small']);
    expect(lines.of({ clients: [client('ward', null)] })).toEqual(['ward waits for no trainer any more']);
  });
});
