import { describe, expect, it } from '@jest/globals';
import { readSafetensors } from './read.js';
import { float32Tensor } from './tensor.js';
import type { Tensor } from './tensor.js';
import { writeSafetensors } from './write.js';

const weights = float32Tensor([2, 2], Float32Array.of(1, 2, 3, 4));
const ids: Tensor = { dtype: 'U8', shape: [3], bytes: Uint8Array.of(7, 8, 9) };

describe('writing safetensors', () => {
  it('gives the same bytes in whatever order tensors and metadata were inserted', () => {
    const one = writeSafetensors(
      new Map([
        ['weights', weights],
        ['ids', ids],
      ]),
      { rank: '8', alpha: '16' },
    );
    const other = writeSafetensors({ ids, weights }, { alpha: '16', rank: '8' });
    expect(one).toEqual(other);
  });

  it('is read back as it was, with names that need escaping or look like numbers', () => {
    const tensors = { '10': weights, '9': ids, 'quote"\u00e9\n': ids };
    const { tensors: read, metadata } = readSafetensors(writeSafetensors(tensors, { 'key"': 'value\\' }));
    expect([...read.keys()].sort()).toEqual(['10', '9', 'quote"\u00e9\n']);
    expect(read.get('10')).toEqual(weights);
    expect(read.get('quote"\u00e9\n')).toEqual(ids);
    expect(metadata).toEqual({ 'key"': 'value\\' });
  });

  it('pads the header with spaces to 8 bytes and leaves no metadata entry where there are none', () => {
    const bytes = writeSafetensors({ a: ids });
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const header = new TextDecoder().decode(bytes.subarray(8, 8 + length));
    expect(length % 8).toBe(0);
    expect(header.trimEnd()).toBe('{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}');
    expect([...bytes.subarray(8 + length)]).toEqual([7, 8, 9]);
  });

  it('refuses bytes that differ from type and shape, and the reserved name', () => {
    expect(() => writeSafetensors({ a: { ...ids, shape: [4] } })).toThrow('tensor "a": U8 [4] takes 4 bytes, not 3');
    expect(() => writeSafetensors({ __metadata__: ids })).toThrow(/cannot be named/);
  });
});
