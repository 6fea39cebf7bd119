/** What is true of a trainer, as `site=north,gpu=h100`. */
import { trainerLabel } from '@fedamole/federation';
import { z } from 'zod';

const nameOf = (label: string): string => label.slice(0, label.indexOf('='));

/** Sorted. `device` is every trainer's own label, and each name has one value. */
export const labels = z
  .string()
  .default('')
  .transform((text) => text.split(',').flatMap((label) => label.trim() || []))
  .pipe(z.array(trainerLabel).max(50, 'expected at most 50 labels'))
  .superRefine((found, context) => {
    const names = found.map(nameOf);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) context.addIssue(`the label "${twice}" is there twice`);
    if (names.includes('device')) context.addIssue('the label "device" follows from TRAINER_DEVICE: leave it out');
  })
  .transform((found) => found.sort());
