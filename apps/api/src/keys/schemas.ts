import { resourceName } from '@fedamole/federation';
import { z } from 'zod';
import { scopes } from '../access/caller.js';
import { printableText } from '../http/printable-text.js';
import { keyIdentifier } from './key-format.js';

const scope = z
  .enum(scopes)
  .describe('Operators do everything, viewers read, sites see and act for their own clients.');

export const makeKey = z
  .strictObject({
    scope,
    clients: z
      .array(resourceName)
      .min(1)
      .max(1000)
      .optional()
      .describe('The clients that a site stands for; of no other scope. They need not be registered yet.'),
    description: printableText(200).optional().describe('Whose key it is. Events and the audit repeat it.'),
    expiresAt: z.iso.datetime({ offset: true }).optional().describe('Never when left out.'),
  })
  .refine(({ scope: of, clients }) => (of === 'site') === (clients !== undefined), {
    path: ['clients'],
    error: 'name the clients of a site, and of no other scope',
  })
  .refine(({ expiresAt }) => expiresAt === undefined || Date.parse(expiresAt) > Date.now(), {
    path: ['expiresAt'],
    error: 'expected a time to come',
  })
  .meta({ title: 'MakeKey' });
export type MakeKeyBody = z.infer<typeof makeKey>;

const identifier = z
  .string()
  .regex(keyIdentifier, 'expected the 12 letters and digits that are the identifier of a key');
export const byKey = z.strictObject({ id: identifier });
export type ByKey = z.infer<typeof byKey>;

export const keyResource = z
  .strictObject({
    id: identifier.describe('The first 12 letters and digits of the key behind its prefix.'),
    scope,
    clients: z.array(resourceName),
    description: z.string().nullable(),
    createdAt: z.iso.datetime(),
    lastUsedAt: z.iso.datetime().nullable().describe('To the minute.'),
    expiresAt: z.iso.datetime().nullable(),
    revokedAt: z.iso.datetime().nullable(),
  })
  .meta({ title: 'Key' });
export type KeyResource = z.infer<typeof keyResource>;

export const newKeyResource = keyResource
  .extend({
    key: z
      .string()
      .nullable()
      .describe(
        'Goes into `Authorization: Bearer <key>`. It is shown this once and stored nowhere: null where the request came again under its idempotency key.',
      ),
  })
  .meta({ title: 'NewKey' });
export type NewKeyResource = z.infer<typeof newKeyResource>;

export const keyList = z
  .strictObject({ keys: z.array(keyResource).describe('Newest first.') })
  .meta({ title: 'KeyList' });
export type KeyList = z.infer<typeof keyList>;

export const callerResource = z
  .strictObject({
    id: identifier.nullable().describe('Null where the API asks for no keys.'),
    scope,
    clients: z.array(resourceName),
    description: z.string().nullable(),
  })
  .meta({ title: 'CurrentKey' });
export type CallerResource = z.infer<typeof callerResource>;
