/** Stored configurations in today's shape: fields that did not exist when they were recorded have their defaults. */
import { resolvedConfiguration } from '../configuration.js';
import type { FederationEvent } from './events.js';

export function upcastConfiguration(event: FederationEvent): FederationEvent {
  if (event.type !== 'FederationCreated') return event;
  const { configuration } = event.data;
  return { ...event, data: { ...event.data, configuration: resolvedConfiguration.parse(configuration) } };
}
