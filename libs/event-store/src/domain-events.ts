import { upcastConfiguration, upcastMetrics } from '@fedamole/federation';
import type { BaseModelEvent, ClientEvent, FederationEvent } from '@fedamole/federation';
import type { StoredEvent } from './stored-event.js';

export type DomainEvent = FederationEvent | ClientEvent | BaseModelEvent;

/**
 * A stored event as the domain knows it: whatever is in the store was decided there, so the name tells the shape. What was
 * stored in an earlier shape comes out in today's.
 */
export function asDomainEvent<Event extends DomainEvent = DomainEvent>({ type, data }: StoredEvent): Event {
  return upcastConfiguration(upcastMetrics({ type, data } as FederationEvent)) as Event;
}
