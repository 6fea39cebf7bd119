import { baseModelReference, computeDevice, digest, heldExperts, resourceName } from '@fedamole/federation';
import { z } from 'zod';

const adapter = z
  .strictObject({ client: resourceName, round: z.int(), digest, bytes: z.int() })
  .meta({ title: 'Adapter' });
export type AdapterResource = z.infer<typeof adapter>;

export const adapterList = z
  .strictObject({ adapters: z.array(adapter).describe('By client.') })
  .meta({ title: 'AdapterList' });
export type AdapterList = z.infer<typeof adapterList>;

const ancestorPool = z
  .strictObject({
    federationId: resourceName.describe('Another one where a fork took the pool over.'),
    round: z.int(),
    pool: digest,
    merged: z
      .array(z.strictObject({ client: resourceName, adapter: digest }))
      .describe('The adapters that went into it, by client; none in round 0, whose pool is drawn from the seed.'),
  })
  .meta({ title: 'AncestorPool' });
export type AncestorPool = z.infer<typeof ancestorPool>;

export const lineageResource = z
  .strictObject({
    adapter,
    baseModel: baseModelReference,
    experts: heldExperts.describe('Indices of the experts that it was trained from, per module.'),
    scores: digest.describe('Artifact with the scores that assigned them.'),
    trained: z
      .strictObject({
        eventId: z.uuid(),
        at: z.iso.datetime(),
        attempt: z.int(),
        device: computeDevice,
        trainExamples: z.int(),
        steps: z.int(),
      })
      .describe('The event that recorded it, and how it was trained.'),
    mergedInto: digest.nullable().describe("The pool after its round; null while its round isn't merged."),
    pools: z
      .array(ancestorPool)
      .describe('The pools that led to it, the newest first: training began with the first, which came of the second.'),
  })
  .meta({ title: 'AdapterLineage' });
export type LineageResource = z.infer<typeof lineageResource>;
