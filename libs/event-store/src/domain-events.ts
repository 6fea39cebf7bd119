import type { BaseModelEvent, ClientEvent, FederationEvent } from '@fedamole/federation';
import type { StoredEvent } from './stored-event.js';
import { upcast } from './upcasts.js';

export type DomainEvent = FederationEvent | ClientEvent | BaseModelEvent;

/**
 * A stored event as the domain knows it: whatever is in the store was decided there, so the name tells the shape. What was
 * stored in an earlier shape comes out in today's.
 *
 * @throws UnknownSchemaVersionError where a newer release stored it
 */
export function asDomainEvent<Event extends DomainEvent = DomainEvent>({
  type,
  data,
  schemaVersion,
}: StoredEvent): Event {
  return upcast({ type, data } as FederationEvent, schemaVersion) as Event;
}
