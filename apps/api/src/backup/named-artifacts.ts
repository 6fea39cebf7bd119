/** Of base models, which are folders of their own and no artifacts. */
const modelKey = 'digest';
const digestPattern = /^[0-9a-f]{64}$/;

/** Every artifact that an event's data name, wherever: an event of a later release may name one too. */
export function* namedArtifacts(data: unknown): Generator<string> {
  if (typeof data !== 'object' || data === null) return;
  for (const [key, value] of Object.entries(data)) {
    if (typeof value === 'string' && key !== modelKey && digestPattern.test(value)) yield value;
    else yield* namedArtifacts(value);
  }
}
