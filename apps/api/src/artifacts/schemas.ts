import { digest } from '@fedamole/federation';
import { z } from 'zod';

export const mostListed = 1000;

export const collectArtifacts = z
  .strictObject({
    dryRun: z.boolean().default(true).describe('Only tell what would be removed.'),
    graceSeconds: z
      .int()
      .min(60)
      .max(31_536_000)
      .default(3600)
      .describe('What was stored, or stored again, within so many seconds stays: its job may not be recorded yet.'),
  })
  .prefault({})
  .meta({ title: 'CollectArtifacts' });
export type CollectArtifactsBody = z.infer<typeof collectArtifacts>;

export const mostNaming = 100;

export const byDigest = z.strictObject({ digest });
export type ByDigest = z.infer<typeof byDigest>;

export const artifactResource = z
  .strictObject({
    digest,
    bytes: z.int().nullable().describe('Null where it is named and not stored.'),
    namedBy: z
      .array(
        z
          .strictObject({
            eventId: z.uuid(),
            stream: z.string(),
            version: z.int(),
            type: z.string(),
            recordedAt: z.iso.datetime(),
          })
          .meta({ title: 'NamingEvent' }),
      )
      .describe(`The events for which it is there, the first ${mostNaming} of them. What none names is collected.`),
  })
  .meta({ title: 'Artifact' });
export type ArtifactResource = z.infer<typeof artifactResource>;

const files = z.strictObject({ count: z.int(), bytes: z.int() });

export const collectionResource = z
  .strictObject({
    dryRun: z.boolean(),
    artifacts: files.describe('That no event and no job names.'),
    temporaryFiles: files.describe('Of processes that did not live to name them.'),
    needed: files.describe('Older than the grace period, and named by an event or a job.'),
    digests: z.array(digest).describe(`Of the artifacts, ascending; the first ${mostListed} of them.`),
  })
  .meta({ title: 'ArtifactCollection' });
export type CollectionResource = z.infer<typeof collectionResource>;
