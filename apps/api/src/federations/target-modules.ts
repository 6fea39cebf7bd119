import type { Model } from '@fedamole/base-models';
import type { AdaptedModule } from '@fedamole/federation';
import { selectModules, UnsupportedModelError, type Targets } from '@fedamole/models';
import { adaptedModules } from '../base-models/adapted-modules.js';
import { readModelForCaller } from '../base-models/read-model-for-caller.js';
import { ProblemException } from '../http/problem.js';

/**
 * The linear layers of the model in `folder` that a federation with these targets adapts. Throws a problem that names the
 * field where a target is none of them, and a ModelFolderError where the folder cannot be read any more.
 */
export async function targetedModules(folder: string, targets: Targets): Promise<AdaptedModule[]> {
  const model = await readModelForCaller(folder);
  return adaptedModules(select(model, targets));
}

function select({ decoder }: Model, targets: Targets): Model['modules'] {
  try {
    return selectModules(decoder, targets);
  } catch (error) {
    if (!(error instanceof UnsupportedModelError)) throw error;
    const errors = [{ field: 'configuration.targetModules', value: targets, message: error.message }];
    throw new ProblemException('TARGET_MODULES_UNKNOWN', `configuration.targetModules: ${error.message}`, {
      errors,
    });
  }
}
