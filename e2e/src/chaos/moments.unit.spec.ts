import { describe, expect, it } from '@jest/globals';
import type { Surroundings } from './moments.js';
import { describeDeed, drawMoments } from './moments.js';

const redis: Surroundings = { queue: 'redis', trainers: 2, canFillDisk: true };

describe('the moments of a seed', () => {
  it('are the same every time, also where they are drawn in parts', () => {
    const all = drawMoments(7, 1, 30, redis);
    expect(drawMoments(7, 1, 30, redis)).toEqual(all);
    expect([...drawMoments(7, 1, 12, redis), ...drawMoments(7, 13, 18, redis)]).toEqual(all);
    expect(drawMoments(8, 1, 30, redis)).not.toEqual(all);
  });

  it('do everything once before they do anything again', () => {
    const deeds = drawMoments(3, 1, 11, redis).map(({ deed }) => describeDeed(deed));
    for (const [what, times] of Object.entries({
      'kill -9 api$': 1,
      'kill -9 redis$': 1,
      'kill -9 .*, ': 1,
      SIGSTOP: 1,
      SIGTERM: 1,
      wipe: 1,
      fill: 1,
      twice: 1,
    })) {
      expect({ what, times: deeds.filter((deed) => new RegExp(what).test(deed)).length }).toEqual({ what, times });
    }
  });

  it('do nothing that cannot be done', () => {
    const deeds = drawMoments(3, 1, 200, { queue: 'postgres', trainers: 1, canFillDisk: false });
    const text = deeds.map(({ deed }) => describeDeed(deed)).join('\n');
    expect(text).not.toMatch(/redis|fill|trainer-2/);
    expect(text).toContain('trainer-1');
  });
});
