/** What an operator may ask of a federation on its way, and a fork. */
import { configurationChanges, resourceName } from '@fedamole/federation';
import { z } from 'zod';
import { printableText } from '../http/printable-text.js';
import { wholeNumberText } from '../http/query-parameters.js';

export const giveReason = z
  .strictObject({ reason: printableText(500).optional() })
  .prefault({})
  .meta({ title: 'GiveReason' });
export type GiveReasonBody = z.infer<typeof giveReason>;

export const memberOfFederation = z.strictObject({ id: resourceName, name: resourceName });
export type MemberOfFederation = z.infer<typeof memberOfFederation>;

export const participantOfRound = memberOfFederation.extend({ round: wholeNumberText(0, 10_000) });
export type ParticipantOfRound = z.infer<typeof participantOfRound>;

export const forkFederationBody = z
  .strictObject({
    round: z.int().min(0).max(10_000).describe('The round whose pool of experts it goes on from.'),
    name: printableText(200).optional().describe('What people call it; its identifier when left out.'),
    configuration: configurationChanges.prefault({}),
  })
  .meta({ title: 'ForkFederation' });
export type ForkFederationBody = z.infer<typeof forkFederationBody>;
