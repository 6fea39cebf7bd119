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
