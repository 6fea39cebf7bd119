/** Which linear layers are adapted, by PEFT's rule for `target_modules`. */
import { UnsupportedModelError } from './configuration-fields.js';
import type { Decoder, LinearModule } from './decoder.js';

/**
 * A list of names, each a layer's own (`model.layers.0.mlp.up_proj`) or what some layers' names end with after a dot
 * (`up_proj`); or "all-linear"; or a regular expression that matches whole names.
 */
export type Targets = string | readonly string[];

/** The targeted layers in forward order. Throws UnsupportedModelError where a target is none of the decoder's layers. */
export function selectModules({ family, linearModules }: Decoder, targets: Targets): readonly LinearModule[] {
  if (typeof targets === 'string' && targets.toLowerCase() === 'all-linear') return linearModules;
  const matchers =
    typeof targets === 'string' ? [targetMatcher(targets)] : targets.map((target) => targetMatcher([target]));
  const unmatched = matchers.findIndex((matches) => !linearModules.some(({ name }) => matches(name)));
  if (unmatched >= 0 || matchers.length === 0) {
    const target = typeof targets === 'string' ? targets : targets[unmatched];
    const problem = target === undefined ? 'there is no target' : `target "${target}" is no linear layer`;
    const ends = new Set(linearModules.map(({ name }) => name.slice(name.lastIndexOf('.') + 1)));
    throw new UnsupportedModelError(`${problem}; those of ${family} are ${[...ends].join(', ')}`);
  }
  return linearModules.filter(({ name }) => matchers.some((matches) => matches(name)));
}

/** Whether a layer's name is among names or ends of names, or matches a regular expression as a whole. */
export function targetMatcher(targets: Targets): (name: string) => boolean {
  if (typeof targets !== 'string') {
    return (name) => targets.some((target) => name === target || name.endsWith(`.${target}`));
  }
  const expression = wholeExpression(targets);
  return (name) => expression.test(name);
}

/** Unicode mode, in which what another language's expressions mean otherwise is an error instead of a literal. */
function wholeExpression(pattern: string): RegExp {
  try {
    return new RegExp(`^(?:${pattern})$`, 'u');
  } catch (error) {
    throw new UnsupportedModelError(`target "${pattern}" cannot be read: ${(error as Error).message}`);
  }
}
