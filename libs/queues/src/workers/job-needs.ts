/** What a client's job asks of a trainer, and what a trainer lacks of that. */
import { bytesPerWeight, type FederationConfiguration, type WeightForm } from '@fedamole/federation';
import type { TrainerAbilities } from './announcement.js';

export interface JobNeeds {
  readonly client: string;
  readonly labels: readonly string[];
  /** Null where the trainer measures which form is best. */
  readonly weights: WeightForm | null;
  /** Of the frozen weights alone: a trainer with less cannot hold them. Null where it is not known. */
  readonly weightBytes: number | null;
}

/** `parameterCount` of the base model; null where it is not known. */
export function needsOf(
  client: string,
  { trainerLabels, weights }: Pick<FederationConfiguration, 'trainerLabels' | 'weights'>,
  parameterCount: number | null,
): JobNeeds {
  return {
    client,
    labels: trainerLabels,
    weights: weights === 'auto' ? null : weights,
    weightBytes: parameterCount === null ? null : Math.round(parameterCount * bytesPerWeight[weights]),
  };
}

/** In words, in the order in which one would look; null where the trainer can run the job. */
export function lackOf(trainer: TrainerAbilities, needs: JobNeeds): string | null {
  const { clients, device, labels, weightForms, memoryBytes } = trainer;
  if (!clients.includes(needs.client)) return `does not reach the data of client "${needs.client}"`;
  const has = new Set([...labels, `device=${device}`]);
  const missing = needs.labels.filter((label) => !has.has(label));
  if (missing.length > 0) return `lacks the label${missing.length > 1 ? 's' : ''} ${missing.join(', ')}`;
  if (needs.weights !== null && !weightForms.includes(needs.weights))
    return `cannot hold weights in ${needs.weights} on ${device}`;
  if (needs.weightBytes !== null && memoryBytes !== null && memoryBytes < needs.weightBytes)
    return `has ${mebibytes(memoryBytes)} MiB of memory, and the frozen weights alone take ${mebibytes(needs.weightBytes)}`;
  return null;
}

const mebibytes = (bytes: number): number => Math.ceil(bytes / 2 ** 20);
