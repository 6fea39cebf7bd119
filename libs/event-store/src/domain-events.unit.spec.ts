import { describe, expect, it } from '@jest/globals';
import { federationConfiguration, resolveConfiguration, type FederationEvent } from '@fedamole/federation';
import { asDomainEvent } from './domain-events.js';
import type { StoredEvent } from './stored-event.js';

describe('a stored event', () => {
  it('comes out in the shape of today: a configuration has the defaults of fields that it lacks', () => {
    const today = resolveConfiguration(federationConfiguration.parse({ rounds: 2 }), 2);
    const stored = Object.fromEntries(Object.entries(today).filter(([name]) => name !== 'weights'));
    const event = { type: 'FederationCreated', data: { federationId: 'one', configuration: stored } };
    expect(asDomainEvent<FederationEvent>(event as unknown as StoredEvent)).toEqual({
      type: 'FederationCreated',
      data: { federationId: 'one', configuration: today },
    });
  });
});
