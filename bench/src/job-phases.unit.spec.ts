import { describe, expect, it } from '@jest/globals';
import { jobPhases, type Heard } from './job-phases.js';

const heard: Heard[] = [
  { at: 0.1, phase: 'loading' },
  { at: 2, phase: 'training' },
  { at: 7, phase: 'training' },
  { at: 7, phase: 'evaluating' },
  { at: 8, phase: 'generating' },
  { at: 9, phase: 'embedding' },
  { at: 9.5, phase: 'embedding' },
];

describe("a job's phases", () => {
  it('are what training took, what came between the other phases, and the rest', () => {
    expect(jobPhases(heard, 6, 10)).toEqual({ total: 10, training: 6, evaluating: 2, embedding: 0.5, other: 1.5 });
  });

  it('are unknown where a phase is missing', () => {
    expect(() => jobPhases(heard.slice(0, 5), 6, 10)).toThrow('said nothing of the phase embedding');
  });
});
