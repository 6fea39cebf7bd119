import { describe, expect, it } from '@jest/globals';
import { ArtifactNotStoredError, CorruptArtifactError } from '@fedamole/artifacts';
import { failureKind, UnsuitableJobError } from './permanent-errors.js';

const notStored = (code: string): Error =>
  new ArtifactNotStoredError('/artifacts', 7, Object.assign(new Error(code), { code }));

describe('a job that fails', () => {
  it('waits for storage that is full or away', () => {
    expect(['ENOSPC', 'EDQUOT', 'ESTALE'].map((code) => failureKind(notStored(code)))).toEqual(
      Array.from({ length: 3 }, () => 'storage-away'),
    );
  });

  it('is not tried again where nothing would change', () => {
    const errors = [new CorruptArtifactError('a', 'b', 'c'), new UnsuitableJobError('no')];
    expect(errors.map(failureKind)).toEqual(['permanent', 'permanent']);
  });

  it('is tried again for any other reason', () => {
    expect([notStored('EACCES'), new Error('ENOSPC'), 'thrown'].map(failureKind)).toEqual(
      Array.from({ length: 3 }, () => 'passing'),
    );
  });
});
