/**
 * Which trainers may run a federation's jobs. Events and jobs of earlier versions lack these fields and are read with their
 * defaults, under which any trainer may that reaches the client's data.
 */
import { z } from 'zod';

/** What is true of a trainer, as `gpu=h100`. `device=<device>` is a label of every trainer. */
export const trainerLabel = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._-]{0,62}=[a-z0-9][a-z0-9._-]{0,62}$/,
    'use name=value, each 1 to 63 lower-case letters, digits, ".", "-" or "_", starting with a letter or digit',
  );

export const placementOptions = {
  trainerLabels: z
    .array(trainerLabel)
    .max(20)
    .default([])
    .describe('Labels that a trainer must have to be given jobs, as site=north or device=cuda; empty: any trainer.'),
} as const;
