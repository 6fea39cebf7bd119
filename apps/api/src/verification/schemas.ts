import { digest } from '@fedamole/federation';
import { z } from 'zod';
import { wholeNumberText } from '../http/query-parameters.js';

const logEnd = z.strictObject({ position: z.string(), hash: digest }).meta({ title: 'LogEnd' });

export const keptEnd = z
  .strictObject({
    position: wholeNumberText(0, 999_999_999_999_999).optional().describe('Of an end that was told earlier.'),
    hash: digest.optional().describe('Of that end: the log must still contain it.'),
  })
  .refine(({ position, hash }) => (position === undefined) === (hash === undefined), 'position and hash go together');
export type KeptEnd = z.infer<typeof keptEnd>;

export const verificationResource = z
  .strictObject({
    intact: z.boolean(),
    events: z.int().describe('That were found to be as they were recorded, from the first on.'),
    end: logEnd.describe('The last of them. Whoever keeps it elsewhere can have a later log checked against it.'),
    tampering: z
      .strictObject({
        what: z.enum(['changed', 'removed', 'misplaced', 'rewritten']),
        position: z.string(),
        event: z
          .strictObject({ id: z.uuid(), stream: z.string(), version: z.int(), type: z.string() })
          .meta({ title: 'EventReference' })
          .nullable()
          .describe('Null where no event is left.'),
        reason: z.string(),
      })
      .meta({ title: 'Tampering' })
      .nullable()
      .describe('The first event that does not fit.'),
  })
  .meta({ title: 'LogVerification' });
export type VerificationResource = z.infer<typeof verificationResource>;
