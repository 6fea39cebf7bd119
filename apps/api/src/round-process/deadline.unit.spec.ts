import { describe, expect, it } from '@jest/globals';
import type { StoredEvent } from '@fedamole/event-store';
import { deadlineOf } from './deadline.js';

const federationId = 'one';
const at = (seconds: number, type: string, data: object = {}): StoredEvent => ({
  checkpoint: { position: '1' },
  id: `event-${seconds}`,
  stream: 'federation-one',
  version: 1,
  type,
  schemaVersion: 2,
  data: { federationId, round: 1, ...data },
  metadata: {},
  recordedAt: new Date(1000 * seconds),
});
const started = at(100, 'RoundStarted');
const paused = at(110, 'FederationPaused', { missing: [] });
const trained = at(105, 'FederationStarted');

describe('the deadline of a round', () => {
  it('is so many seconds after its start', () => {
    expect(deadlineOf([at(10, 'RoundStarted'), started, trained], 60)).toBe(160_000);
    expect(deadlineOf([trained], 60)).toBeNull();
  });

  it('does not count the time of a pause', () => {
    expect(deadlineOf([started, paused], 60)).toBeNull();
    expect(deadlineOf([started, paused, at(500, 'FederationResumed', { retried: [] })], 60)).toBe(550_000);
  });

  it('begins anew with new attempts', () => {
    const retried = [{ client: 'ward', attempt: 2 }];
    expect(deadlineOf([started, paused, at(500, 'FederationResumed', { retried })], 60)).toBe(560_000);
  });

  it('of a round that started during a pause counts from its end', () => {
    const next = at(200, 'RoundStarted');
    expect(deadlineOf([started, paused, next], 60)).toBeNull();
    expect(deadlineOf([started, paused, next, at(500, 'FederationResumed', { retried: [] })], 60)).toBe(560_000);
  });
});
