/** What this trainer can, as it announces it. */
import type { TrainerSettings } from '@fedamole/config';
import { weightForm, type ComputeDevice } from '@fedamole/federation';
import { trainerAbilities, type TrainerAbilities } from '@fedamole/queues';
import { readdirSync } from 'node:fs';
import { totalmem } from 'node:os';

/** Looks at the models root anew each time: models come and go while it runs. */
export function abilitiesOf(settings: TrainerSettings, device: ComputeDevice): TrainerAbilities {
  const { pool, clients, labels, modelsFolder, threads } = settings;
  return {
    pool,
    clients: Object.keys(clients).sort(),
    labels: [...labels],
    device,
    memoryBytes: device === 'cpu' ? availableMemory() : null,
    threads,
    // other devices have no kernels for the others (docs/devices.md)
    weightForms: device === 'cpu' ? [...weightForm.options] : ['float32'],
    baseModels: modelsBelow(modelsFolder),
  };
}

/** Bytes: the machine's, or what its container may use; without a limit that is 0, or a number beyond any machine. */
function availableMemory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/** Folders whose names can be a base model's, by name. A models root that is away for the moment has none. */
function modelsBelow(folder: string): string[] {
  const named = trainerAbilities.shape.baseModels.element;
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    const names = entries.flatMap((entry) =>
      entry.isFile() || !named.safeParse(entry.name).success ? [] : entry.name,
    );
    return names.sort();
  } catch {
    return [];
  }
}
