import { baseModelName, resourceName } from '@fedamole/federation';
import { z } from 'zod';
import { wholeNumberText } from './query-parameters.js';

export const byName = z.strictObject({ name: resourceName });
export type ByName = z.infer<typeof byName>;

export const byModel = z.strictObject({ name: baseModelName });
export type ByModel = z.infer<typeof byModel>;

export const byId = z.strictObject({ id: resourceName });
export type ById = z.infer<typeof byId>;

export const roundOfFederation = z.strictObject({ id: resourceName, round: wholeNumberText(0, 10_000) });
export type RoundOfFederation = z.infer<typeof roundOfFederation>;
