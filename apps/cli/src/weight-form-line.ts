/** What `weights: "auto"` came to, in one line. */
import type { WeightFormComparison } from '@fedamole/federation';
import type { Federation } from './resources.js';
import { number } from './format.js';

/** Null where nothing was chosen. Where it is float32, says what was found of the others. */
export function weightFormLine({ weightForm, weightFormsCompared }: Federation): string | null {
  const [float32, ...others] = weightFormsCompared ?? [];
  if (weightForm === null || float32 === undefined) return null;
  const words = others
    .filter(({ form }) => form === weightForm || weightForm === 'float32')
    .map((other) => (weightForm === 'float32' ? `${other.form} is ` : '') + comparison(other, float32));
  return [`frozen weights: ${weightForm}, chosen by auto`, ...words].join(': ');
}

function comparison(other: WeightFormComparison, float32: WeightFormComparison): string {
  const { secondsPerStep, lossDifference, scoreDifference } = other;
  const speed = `${number(float32.secondsPerStep / secondsPerStep, 1)} times as fast`;
  if (lossDifference === null || scoreDifference === null) return speed;
  return `${speed}, losses within ${bound(lossDifference)}, scores within ${bound(scoreDifference)}`;
}

/** Rounded up, so that it is one. */
const bound = (difference: number): string => number(Math.ceil(difference * 1000) / 1000, 3);
