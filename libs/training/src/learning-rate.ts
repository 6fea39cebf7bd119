/** How the learning rate rises and falls within a round. */

export type LearningRateSchedule = 'constant' | 'linear' | 'cosine';

export interface ScheduleSettings {
  readonly steps: number;
  /** Steps on which the rate rises, from 1 / (warmupSteps + 1) of itself; the step after them is the first at the full rate. */
  readonly warmupSteps: number;
  /** What follows: the full rate, or a fall that would reach zero one step after the last, straight or as half a cosine wave. */
  readonly schedule: LearningRateSchedule;
}

/** The factor on the learning rate at a step, counted from 1. */
export function learningRateFactor({ steps, warmupSteps, schedule }: ScheduleSettings, step: number): number {
  if (step <= warmupSteps) return step / (warmupSteps + 1);
  const progress = (step - 1 - warmupSteps) / (steps - warmupSteps);
  switch (schedule) {
    case 'constant':
      return 1;
    case 'linear':
      return 1 - progress;
    case 'cosine':
      return (1 + Math.cos(Math.PI * progress)) / 2;
  }
}
