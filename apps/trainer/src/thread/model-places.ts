/** Where a trainer finds base models: below its models folder, or fetched from the artifact store. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelCache, OnFile } from '@fedamole/base-models';
import type { BaseModelReference } from '@fedamole/federation';
import type { UnsuitableJobError } from './permanent-errors.js';

/** A model's folder for the time of a job. */
export interface ModelPlace {
  readonly folder: string;
  /** For a folder that turns out to hold something else: an operator's own is left alone. Throws why the job cannot be done. */
  reject(error: UnsuitableJobError): Promise<never>;
  release(): Promise<void>;
}

export class ModelPlaces {
  constructor(
    private readonly modelsFolder: string,
    private readonly cache: ModelCache,
  ) {}

  /** The operator's own folder where there is one, else that of the cache. `onFile` may throw to stop the fetching. */
  async use({ name, digest, manifest }: BaseModelReference, onFile: OnFile): Promise<ModelPlace> {
    const own = join(this.modelsFolder, name);
    if (manifest === undefined || (await isThere(own))) {
      const reject = (error: UnsuitableJobError): Promise<never> => Promise.reject(error);
      return { folder: own, reject, release: async () => undefined };
    }
    const use = await this.cache.use({ name, digest, manifest }, onFile);
    return {
      ...use,
      reject: async ({ message }) => {
        await this.cache.discard(digest);
        throw new Error(`${message}; it is removed, and fetched anew`);
      },
    };
  }
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
