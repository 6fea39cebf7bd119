/** Names of event streams: the kind, then the name or identifier of what they tell of. */

export const federationStream = (id: string): string => `federation-${id}`;
export const clientStream = (name: string): string => `client-${name}`;
export const baseModelStream = (name: string): string => `base-model-${name}`;

/** The federation that a stream belongs to, or null where it is another kind of stream. */
export function federationIdOf(stream: string): string | null {
  return stream.startsWith('federation-') ? stream.slice('federation-'.length) : null;
}
