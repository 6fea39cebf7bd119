import { describe, expect, it } from '@jest/globals';
import type { Federation } from './resources.js';
import { endingOf } from './follow.js';

const federation = (status: Federation['status'], reason: string | null) => ({ id: 'one', status, reason, round: 2 });

describe('what is said of a federation that goes on no further', () => {
  it('is why', () => {
    expect(endingOf(federation('failed', 'disk full'))).toBe('The federation failed: disk full');
    expect(endingOf(federation('cancelled', null))).toBe('The federation cancelled: no reason was given');
  });

  it('is how it can be resumed where it is paused', () => {
    const words = endingOf(federation('paused', '1 of 2 clients answered'));
    expect(words).toContain('The federation is paused in round 2: 1 of 2 clients answered');
    expect(words).toContain('fedamole federations resume one');
    expect(words).toContain('fedamole federations leave one <client>');
  });
});
