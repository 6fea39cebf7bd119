import type { Model } from '@fedamole/base-models';
import type { AdaptedModule } from '@fedamole/federation';

/** What events tell of a model's adapted layers, in their order. */
export const adaptedModules = (modules: Model['modules']): AdaptedModule[] =>
  modules.map(({ name, inputWidth, outputWidth }) => ({ name, inputWidth, outputWidth }));
