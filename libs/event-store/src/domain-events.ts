import type { BaseModelEvent, ClientEvent, FederationEvent } from '@fedamole/federation';
import type { StoredEvent } from './stored-event.js';

export type DomainEvent = FederationEvent | ClientEvent | BaseModelEvent;

/** A stored event as the domain knows it: whatever is in the store was decided there, so the name tells the shape. */
export function asDomainEvent<Event extends DomainEvent = DomainEvent>({ type, data }: StoredEvent): Event {
  return { type, data } as Event;
}
