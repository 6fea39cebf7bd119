import { dirname, sep } from 'node:path';
import { ModelFolderError, readBaseModel, type Model } from '@fedamole/base-models';

/**
 * Reads a base model for somebody outside. Errors name files from the model's folder on: where the models root lies is the
 * server's own business.
 */
export async function readModelForCaller(folder: string): Promise<Model> {
  try {
    return await readBaseModel(folder);
  } catch (error) {
    if (!(error instanceof ModelFolderError)) throw error;
    throw new ModelFolderError(error.message.replaceAll(dirname(folder) + sep, ''), { cause: error });
  }
}
