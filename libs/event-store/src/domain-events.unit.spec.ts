import { describe, expect, it } from '@jest/globals';
import { federationConfiguration, resolveConfiguration, type FederationEvent } from '@fedamole/federation';
import { asDomainEvent } from './domain-events.js';
import type { StoredEvent } from './stored-event.js';

describe('a stored event', () => {
  it('comes out in the shape of today: a configuration has the defaults of fields that it lacks', () => {
    const today = resolveConfiguration(federationConfiguration.parse({ rounds: 2 }), 2);
    const stored = Object.fromEntries(Object.entries(today).filter(([name]) => name !== 'weights'));
    const event = { type: 'FederationCreated', schemaVersion: 2, data: { federationId: 'one', configuration: stored } };
    expect(asDomainEvent<FederationEvent>(event as unknown as StoredEvent)).toEqual({
      type: 'FederationCreated',
      data: { federationId: 'one', configuration: today },
    });
  });

  it('comes out in the shape of today: a baseline has null for what was not measured', () => {
    const splits = { train: 1, embedding: 1, validation: 1, test: 1 };
    const metrics = { validationLoss: 1, testLoss: 2, rougeL: 0.5 };
    const result = { splits, metrics, mostFrequentAnswerRougeL: 0, distinctTestAnswers: 1, seconds: 1 };
    const data = { federationId: 'one', round: 0, client: 'bank', result };
    const event = { type: 'BaselineMeasured', schemaVersion: 1, data };
    expect(asDomainEvent<FederationEvent>(event as unknown as StoredEvent)).toMatchObject({
      data: {
        client: 'bank',
        result: { ...result, metrics: { perplexity: null, choiceAccuracy: null }, weightForms: null },
      },
    });
  });

  it('is not guessed at where a newer release stored it', () => {
    const event = { type: 'RoundStarted', schemaVersion: 4, data: { federationId: 'one', round: 1, colour: 'red' } };
    expect(() => asDomainEvent(event as unknown as StoredEvent)).toThrow(
      'RoundStarted was stored under schema version 4; this release knows versions up to 3',
    );
  });
});
