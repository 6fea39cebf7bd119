import { z } from 'zod';
import { wrongField } from '../http/problem.js';

const limits = z
  .strictObject({
    experts: z.int(),
    expertChoices: z.int(),
    minExperts: z.int(),
    maxExperts: z.int(),
    topK: z.int(),
  })
  .meta({ title: 'FeasibleLimits' });

const bytes = z.strictObject({ least: z.int(), mean: z.int(), most: z.int() }).meta({ title: 'TransferBytes' });

const estimate = z
  .strictObject({
    steps: z.int().describe('Optimiser steps of one client in all rounds; fewer where it stops early.'),
    experts: z.int().describe('Domain experts per module in the pool.'),
    modules: z.int().describe('Linear layers that are adapted.'),
    transferBytes: bytes.describe(
      'Of the adapter of one client, per round and direction; least and most where it holds the least and most experts.',
    ),
    trainerBytes: z
      .strictObject({
        weights: z
          .int()
          .describe('Frozen weights of the base model, in the form that is configured (float32 for "auto").'),
        optimizer: z.int().describe('Adapter, gradients and two moments, for the most experts.'),
      })
      .describe("Of a trainer's memory. Activations come on top: they depend on the lengths of the client's examples."),
  })
  .meta({ title: 'Estimate' });
export type Estimate = z.infer<typeof estimate>;

export const validationResource = z
  .strictObject({
    valid: z.boolean().describe('Whether the federation would be created.'),
    errors: z.array(wrongField).describe('Everything that is wrong, field by field.'),
    infeasibilities: z
      .array(z.strictObject({ code: z.string(), inequality: z.string(), by: z.number() }))
      .describe('Every inequality of the assignment that fails, and by how much.'),
    warnings: z
      .array(wrongField)
      .describe('What keeps nobody from creating it: clients whose jobs no live trainer can run at the moment.'),
    nearest: limits
      .nullable()
      .describe('Limits that can be met, as near to those asked for as there are; null where these can be met.'),
    estimate: estimate.nullable().describe('Null where a field is wrong on which it depends.'),
  })
  .meta({ title: 'Validation' });
export type ValidationResource = z.infer<typeof validationResource>;
