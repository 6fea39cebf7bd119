import { describe, expect, it } from '@jest/globals';
import { eventLine } from './event-line.js';

const event = {
  id: 'ccf1cf0c-2f47-4b16-8d4e-6f6f3c5f5d0e',
  cursor: '7',
  stream: 'federation-f',
  version: 3,
  type: 'ClientTrained',
  schemaVersion: 1,
  metadata: {},
  recordedAt: '2026-01-02T03:04:05.678Z',
};

describe('an event in a line', () => {
  it('gives time, type, stream and what is short', () => {
    const data = { federationId: 'f', round: 2, client: 'north', pool: 'ab'.repeat(32), reason: 'no power', held: {} };
    expect(eventLine({ ...event, data })).toBe(
      '2026-01-02 03:04:05.678  ClientTrained           federation-f  round=2 client=north pool=abababababab reason="no power"',
    );
  });
});
