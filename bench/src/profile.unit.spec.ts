import { describe, expect, it } from '@jest/globals';
import { profileTable, sumProfile } from './profile.js';

const run = (ts: number, dur: number) => ({ cat: 'Session', name: 'model_run', ts, dur, args: {} });
const node = (operator: string, ts: number, dur: number, args: object = {}) => ({
  cat: 'Node',
  name: `${operator}_1_kernel_time`,
  ts,
  dur,
  args: { op_name: operator, parameter_size: '0', input_type_shape: [{}, {}], ...args },
});

/** Two runs of 10 ms after one that warms up; microseconds. */
const events = [
  { cat: 'Session', name: 'session_initialization', ts: 0, dur: 50_000, args: {} },
  run(100_000, 90_000),
  node('Gemm', 100_100, 80_000),
  run(200_000, 10_000),
  node('Gemm', 200_100, 4_000, { input_type_shape: [{}] }),
  node('Mul', 204_500, 1_000),
  run(300_000, 10_000),
  node('Gemm', 300_100, 2_000),
  node('Gemm', 303_000, 3_000, { parameter_size: '64' }),
  { ...node('Mul', 306_000, 9_000), name: 'Mul_1_fence_before' },
];

describe("a session's profile", () => {
  it('sums the last runs by operator and tells products with frozen weights apart', () => {
    const { operators, milliseconds } = sumProfile(JSON.stringify(events), 2);
    expect(milliseconds).toBe(20);
    expect(operators).toEqual([
      { operator: 'Gemm, frozen weights', calls: 2, milliseconds: 7 },
      { operator: 'Gemm', calls: 1, milliseconds: 2 },
      { operator: 'Mul', calls: 1, milliseconds: 1 },
    ]);
  });

  it('is shown a line an operator, of one run, with what is between them', () => {
    expect(profileTable(sumProfile(JSON.stringify(events), 2)).split('\n')).toEqual([
      'operator              ms a run    share  calls a run',
      'Gemm, frozen weights      3.50   35.0 %            1',
      'Gemm                      1.00   10.0 %            1',
      'Mul                       0.50    5.0 %            1',
      'between operators         5.00   50.0 %',
      'all                      10.00  100.0 %',
    ]);
  });

  it('is refused where it holds fewer runs', () => {
    expect(() => sumProfile(JSON.stringify(events), 4)).toThrow('the profile holds 3 runs, not 4');
  });
});
