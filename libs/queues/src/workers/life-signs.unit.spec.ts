import { describe, expect, it } from '@jest/globals';
import type { LifeSign } from './announcement.js';
import { LifeSigns } from './life-signs.js';

const sign = (beat: number): LifeSign => ({
  beat,
  announcement: { kind: 'aggregator', host: 'here', version: '1', uptimeSeconds: beat, jobs: [] },
});

/** Looks once a second from 0 on; each record is its worker's beat at that second, absent where it is null. */
function after(...looks: Record<string, number | null>[]): LifeSigns {
  const signs = new LifeSigns();
  looks.forEach((beats, second) => lookAt(signs, beats, second));
  return signs;
}

function lookAt(signs: LifeSigns, beats: Record<string, number | null>, second: number): void {
  const records = Object.entries(beats).flatMap(([id, beat]) => (beat === null ? [] : [[id, sign(beat)] as const]));
  signs.look(new Map(records), second * 1000);
}
const names = ({ live }: LifeSigns): string[] => live.map(({ id }) => id);
const seconds = (count: number): number[] => Array.from({ length: count }, (_, second) => second);

describe('signs of life', () => {
  it('show who lives, whatever the beats are numbered', () => {
    expect(names(after({ one: 7, two: 4000 }))).toEqual(['one', 'two']);
  });

  it('make a worker dead that has been silent for six seconds of looks, and alive again with its next sign', () => {
    const signs = after(...seconds(6).map((second) => ({ silent: 1, lively: second })));
    expect(names(signs)).toEqual(['lively', 'silent']);
    lookAt(signs, { silent: 1, lively: 6 }, 6);
    expect(names(signs)).toEqual(['lively']);
    lookAt(signs, { silent: 2, lively: 7 }, 7);
    expect(names(signs)).toEqual(['lively', 'silent']);
  });

  it('let a worker go at once that has taken its record away', () => {
    expect(names(after({ one: 1, two: 1 }, { one: 2 }))).toEqual(['one']);
  });

  it('find nobody silent while nobody looked, or the queue was away', () => {
    const signs = after(...seconds(5).map(() => ({ one: 1 })));
    signs.missed();
    expect(names(signs)).toEqual(['one']);
    expect(signs.uninterruptedSince).toBeNull();
    lookAt(signs, { one: 1 }, 20);
    expect(names(signs)).toEqual(['one']);
    expect(signs.uninterruptedSince).toBe(20_000);
    // the reader itself was stopped
    lookAt(signs, { one: 1 }, 100);
    expect(names(signs)).toEqual(['one']);
    for (const second of seconds(6)) lookAt(signs, { one: 1 }, 101 + second);
    expect(names(signs)).toEqual([]);
  });

  it('number the changes of who lives, and name records that are of no use any more', () => {
    const signs = after({ one: 1 }, { one: 2 });
    const { generation } = signs;
    lookAt(signs, { one: 3, two: 1 }, 2);
    expect(signs.generation).toBe(generation + 1);
    for (const second of seconds(60)) lookAt(signs, { one: second + 4, two: 1 }, 3 + second);
    expect(signs.forgettable(62_000)).toEqual([]);
    expect(signs.forgettable(63_000)).toEqual(['two']);
  });
});
