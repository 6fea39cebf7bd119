import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isDtype } from './dtype.js';
import { SafetensorsError } from './errors.js';
import { readSafetensors } from './read.js';
import type { Tensor } from './tensor.js';
import { writeSafetensors } from './write.js';

const name = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('__proto__', 'constructor', '0'));
const float32 = (values: number): Tensor => ({ dtype: 'F32', shape: [values], bytes: new Uint8Array(4 * values) });

function file(header: Uint8Array, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(8 + header.byteLength + data.byteLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.byteLength), true);
  bytes.set(header, 8);
  bytes.set(data, 8 + header.byteLength);
  return bytes;
}

/** What is read fits into the file; what is not is refused by the one error, on one printable line. */
function expectReadOrRefused(bytes: Uint8Array): void {
  let contents;
  try {
    contents = readSafetensors(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(SafetensorsError);
    expect((error as Error).message).toMatch(/^[\x20-\x7e]{1,2000}$/);
    return;
  }
  let total = 0;
  for (const { dtype, bytes: data } of contents.tensors.values()) {
    expect(isDtype(dtype)).toBe(true);
    total += data.byteLength;
  }
  expect(total).toBeLessThanOrEqual(bytes.byteLength);
}

describe('whatever bytes a file holds', () => {
  it('any bytes at all are read or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => expectReadOrRefused(bytes)),
      { seed: 5, numRuns: 2000 },
    );
  });

  it('any JSON as header is read or refused', () => {
    const entry = fc.record(
      {
        dtype: fc.oneof(fc.constantFrom('F32', 'U8', 'F31'), fc.anything()),
        shape: fc.oneof(fc.array(fc.oneof(fc.nat(4), fc.double(), fc.maxSafeInteger())), fc.jsonValue()),
        data_offsets: fc.oneof(fc.tuple(fc.integer(), fc.integer()), fc.tuple(fc.nat(32), fc.nat(32)), fc.jsonValue()),
      },
      { requiredKeys: [] },
    );
    const header = fc.oneof(fc.dictionary(name, fc.oneof(entry, fc.jsonValue())), fc.jsonValue());
    fc.assert(
      fc.property(header, fc.uint8Array({ maxLength: 32 }), (value, data) => {
        const text = JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? String(item) : item));
        expectReadOrRefused(file(new TextEncoder().encode(text), data));
      }),
      { seed: 5, numRuns: 2000 },
    );
  });

  it('what was written is read again under every name, those of every object included', () => {
    const names = fc.uniqueArray(
      name.filter((text) => text !== '__metadata__'),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(names, (all) => {
        const tensors = new Map(all.map((each, index) => [each, float32(index)]));
        expect(readSafetensors(writeSafetensors(tensors)).tensors).toEqual(tensors);
      }),
      { seed: 5, numRuns: 500 },
    );
  });
});
