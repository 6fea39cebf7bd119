/**
 * How clients train, beyond the method's own numbers. Events and jobs of earlier versions lack these fields and are read
 * with their defaults, so a default is what was done before the field existed, and never changes.
 */
import { z } from 'zod';
import { weightForm } from './weight-form.js';

const earlyStopping = z
  .strictObject({
    evaluateEvery: z
      .int()
      .min(1)
      .max(1_000_000)
      .describe('Optimiser steps from one evaluation of the validation loss to the next.'),
    patience: z
      .int()
      .min(1)
      .max(1000)
      .describe('Evaluations in a row without a new least loss after which a round of training ends.'),
  })
  .meta({ title: 'EarlyStopping' });

const target = z
  .string()
  .max(200)
  .regex(
    /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/,
    'use a layer\'s name or the end of one, as "q_proj" or "self_attn.q_proj": letters, digits, "_" and "-", parted by "."',
  );
const targets = z
  .array(target)
  .min(1)
  .max(1000)
  .refine((names) => new Set(names).size === names.length, 'name every layer once');
const targetModules = z.union([z.literal('all-linear'), targets], {
  error: 'use "all-linear" or a list of 1 to 1000 names of linear layers',
});

export const trainingOptions = {
  gradientAccumulationSteps: z
    .int()
    .min(1)
    .max(1024)
    .default(1)
    .describe(
      'Batches whose gradients are added up to one optimiser step, which then sees batchSize times as many examples.',
    ),
  groupByLength: z
    .boolean()
    .default(false)
    .describe('Put examples of similar length into a batch, which leaves less padding; the order stays random.'),
  weightDecay: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe(
      'Decoupled weight decay: above 0 the optimiser is AdamW, whose steps shrink parameters by learning rate times it.',
    ),
  maxGradientNorm: z
    .number()
    .positive()
    .max(1_000_000)
    .nullable()
    .default(null)
    .describe('Gradients of a larger global norm are scaled down to it; null: none are.'),
  warmupSteps: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(0)
    .describe('First steps of every round, on which the learning rate rises to its full value; at most stepsPerRound.'),
  learningRateSchedule: z
    .enum(['constant', 'linear', 'cosine'])
    .default('constant')
    .describe(
      'How the learning rate goes on after warm-up: constant, or falling towards 0 at the end of the round, straight or as ' +
        'half a cosine wave.',
    ),
  earlyStopping: earlyStopping
    .nullable()
    .default(null)
    .describe(
      "End a client's round once its validation loss falls no more, and keep the parameters that had the least; null: " +
        'take every step and keep the last parameters.',
    ),
  targetModules: targetModules
    .nullable()
    .default(null)
    .describe(
      'Which linear layers are adapted: names or ends of names, as "q_proj", or "all-linear"; null: the default of the ' +
        "base model's family.",
    ),
  weights: z
    .enum([...weightForm.options, 'auto'])
    .default('float32')
    .describe(
      'How trainers hold the frozen weights of the base model: exactly, in 16, 8 or 4 bits, or "auto" in the fastest form with ' +
        "which every client's baseline stays within 0.01 of float32's validation loss and 0.02 of its ROUGE-L and accuracy.",
    ),
  recomputeActivations: z
    .boolean()
    .default(false)
    .describe(
      "Activation checkpointing: compute each layer's activations again for its gradients instead of keeping them, which " +
        'takes a third more time and a fraction of the memory.',
    ),
} as const;
