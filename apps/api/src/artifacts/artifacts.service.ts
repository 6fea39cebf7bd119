import type { OldArtifact } from '@fedamole/artifacts';
import { MissingArtifactError } from '@fedamole/artifacts';
import { eventsNaming, namedDigests } from '@fedamole/event-store';
import { Inject, Injectable } from '@nestjs/common';
import { Platform } from '../platform/platform.js';
import type { ArtifactResource, CollectArtifactsBody, CollectionResource } from './schemas.js';
import { mostListed, mostNaming } from './schemas.js';

@Injectable()
export class ArtifactsService {
  constructor(@Inject(Platform) private readonly platform: Platform) {}

  /** What it is there for. Throws ARTIFACT_MISSING where it is neither stored nor named. */
  async describe(digest: string): Promise<ArtifactResource> {
    const { artifacts, database } = this.platform;
    const naming = await eventsNaming(database, digest, mostNaming);
    const bytes = await artifacts.size(digest).catch((error: unknown) => {
      if (error instanceof MissingArtifactError && naming.length > 0) return null;
      throw error;
    });
    const namedBy = naming.map(({ id, recordedAt, ...event }) => ({
      ...{ eventId: id, ...event },
      recordedAt: recordedAt.toISOString(),
    }));
    return { digest, bytes, namedBy };
  }

  /** Checked against its digest. */
  async read(digest: string): Promise<Uint8Array> {
    return this.platform.artifacts.get(digest);
  }

  /**
   * Removes, or only counts, old files that nothing names. Files are listed first, then the queues are read, then the
   * events: what a job names moves on into an event, so it is met in one of the two.
   */
  async collect({ dryRun, graceSeconds }: CollectArtifactsBody): Promise<CollectionResource> {
    const { artifacts, logger } = this.platform;
    const before = new Date(Date.now() - graceSeconds * 1000);
    const old = await artifacts.old(before);
    const named = await this.namedByJobsOrEvents();
    const isNeeded = ({ digest }: OldArtifact): boolean => digest !== null && named.has(digest);
    const collected: OldArtifact[] = [];
    for (const file of old) {
      if (!isNeeded(file) && (dryRun || (await artifacts.removeOld(file, before)))) collected.push(file);
    }
    const unnamed = collected.flatMap(({ digest }) => digest ?? []);
    const collection = {
      dryRun,
      artifacts: summed(collected.filter(({ digest }) => digest !== null)),
      temporaryFiles: summed(collected.filter(({ digest }) => digest === null)),
      needed: summed(old.filter(isNeeded)),
      digests: unnamed.slice(0, mostListed),
    };
    if (!dryRun) logger.info({ ...collection, digests: undefined }, 'artifacts collected');
    return collection;
  }

  private async namedByJobsOrEvents(): Promise<Set<string>> {
    const { queues, replays, database } = this.platform;
    const named = new Set<string>();
    for (const queue of [queues.training, queues.aggregation, replays]) {
      for (const digest of await queue.namedDigests()) named.add(digest);
    }
    for (const digest of await namedDigests(database)) named.add(digest);
    return named;
  }
}

const summed = (files: readonly OldArtifact[]): { count: number; bytes: number } => ({
  count: files.length,
  bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
});
