import { describe, expect, it } from '@jest/globals';
import type { Federation } from './api-client.js';
import { endingOf } from './follow.js';

const federation = (status: Federation['status'], reason: string | null): Federation => ({
  id: 'one',
  name: 'quickstart',
  status,
  reason,
  baseModel: { name: 'tiny', digest: 'a'.repeat(64) },
  clients: ['bank', 'ward'],
  configuration: {},
  weightForm: 'float32',
  weightFormsCompared: null,
  modules: [],
  round: 2,
  rounds: 3,
  startedAt: null,
  finishedAt: null,
});

describe('what is said of a federation that goes on no further', () => {
  it('is why', () => {
    expect(endingOf(federation('failed', 'disk full'))).toBe('The federation failed: disk full');
    expect(endingOf(federation('cancelled', null))).toBe('The federation cancelled: no reason was given');
  });

  it('is how it can be resumed where it is paused', () => {
    const words = endingOf(federation('paused', '1 of 2 clients answered'));
    expect(words).toContain('The federation is paused in round 2: 1 of 2 clients answered');
    expect(words).toContain('POST /v1/federations/one/resume');
    expect(words).toContain('POST /v1/federations/one/clients/<name>/leave');
  });
});
