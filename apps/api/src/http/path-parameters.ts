import { baseModelName, resourceName } from '@fedamole/federation';
import { z } from 'zod';

export const byName = z.strictObject({ name: resourceName });
export type ByName = z.infer<typeof byName>;

export const byModel = z.strictObject({ name: baseModelName });
export type ByModel = z.infer<typeof byModel>;

export const byId = z.strictObject({ id: resourceName });
export type ById = z.infer<typeof byId>;
