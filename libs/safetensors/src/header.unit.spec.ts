import { describe, expect, it } from '@jest/globals';
import { readSafetensors } from './read.js';

/** A file of this header text and so many data bytes. */
function file(header: string | object, dataBytes: number): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.byteLength + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.byteLength), true);
  bytes.set(json, 8);
  return bytes;
}

const tensor = (shape: unknown, begin: unknown, end: unknown, dtype: unknown = 'F32') => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

describe('the header of a safetensors file', () => {
  it('is accepted where tensors tile the data, in any order, empty and scalar ones included', () => {
    const { tensors, metadata } = readSafetensors(
      file(
        {
          __metadata__: { format: 'pt' },
          late: tensor([1, 2], 8, 16),
          early: tensor([2], 0, 8),
          empty: tensor([0, 5], 8, 8),
          scalar: tensor([], 16, 20),
        },
        20,
      ),
    );
    expect([...tensors.keys()]).toEqual(['late', 'early', 'empty', 'scalar']);
    expect(tensors.get('scalar')?.bytes.byteLength).toBe(4);
    expect(metadata).toEqual({ format: 'pt' });
  });

  it('is accepted with nothing but metadata', () => {
    expect(readSafetensors(file({ __metadata__: {} }, 0)).tensors.size).toBe(0);
  });

  it('keeps a tensor named like a property of every object', () => {
    const { tensors } = readSafetensors(file('{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 1));
    expect(tensors.get('__proto__')?.dtype).toBe('U8');
  });

  const cases: [string, Uint8Array, RegExp][] = [
    ['a file shorter than the length', new Uint8Array(5), /5 bytes are too short for the 8 bytes/],
    [
      'a header longer than the file',
      file('{}', 0).fill(9, 0, 1),
      /header of 9 bytes exceeds the 2 that the file has left/,
    ],
    [
      'a header longer than the format allows',
      new Uint8Array(16).fill(255),
      /header of 18446744073709551615 bytes exceeds the limit of 100000000/,
    ],
    ['text that is not JSON', file('{"a":', 0), /the header is not JSON in UTF-8/],
    ['bytes that are not UTF-8', file('{}', 0).fill(0xff, 8), /the header is not JSON in UTF-8/],
    ['JSON that is no object', file('[]', 0), /not a JSON object/],
    [
      'the same tensor twice',
      file(
        '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\\u0061":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}',
        2,
      ),
      /key "a" twice/,
    ],
    [
      'the same field twice',
      file('{"a":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}}', 0),
      /key "dtype" twice/,
    ],
    ['metadata that are no strings', file({ __metadata__: { rank: 8 } }, 0), /__metadata__ "rank" is 8, not a string/],
    ['an unknown type', file({ a: tensor([1], 0, 4, 'F31') }, 4), /tensor "a": dtype "F31" is none of BOOL/],
    ['an inherited property as type', file({ a: tensor([1], 0, 4, 'toString') }, 4), /dtype "toString" is none of/],
    ['an unknown field', file({ a: { ...tensor([1], 0, 4), stride: 1 } }, 4), /tensor "a": unknown field "stride"/],
    ['a negative dimension', file({ a: tensor([-1], 0, 4) }, 4), /tensor "a": shape \[-1\]/],
    ['a fractional dimension', file({ a: tensor([1.5], 0, 6) }, 6), /tensor "a": shape \[1\.5\]/],
    ['a missing shape', file({ a: { dtype: 'F32', data_offsets: [0, 4] } }, 4), /tensor "a": shape undefined/],
    [
      'a shape beyond what is counted exactly',
      file({ a: tensor([2 ** 40, 2 ** 40], 0, 4) }, 4),
      /tensor "a": shape .* has more elements than/,
    ],
    ['a negative offset', file({ a: tensor([1], -4, 0) }, 4), /tensor "a": data_offsets \[-4,0\]/],
    [
      'three offsets',
      file({ a: { dtype: 'F32', shape: [1], data_offsets: [0, 4, 4] } }, 4),
      /data_offsets \[0,4,4\] are not two/,
    ],
    ['a range that ends before it begins', file({ a: tensor([1], 4, 0) }, 4), /begin at 4, after their end 0/],
    [
      'a range beyond the file',
      file({ a: tensor([2], 0, 8) }, 4),
      /tensor "a": ends at byte 8 of data that have 4 bytes/,
    ],
    [
      'a range that differs from type and shape',
      file({ a: tensor([3], 0, 8) }, 8),
      /hold 8 bytes, but F32 \[3\] takes 12/,
    ],
    [
      'ranges that overlap',
      file({ a: tensor([2], 0, 8), b: tensor([2], 4, 12) }, 12),
      /tensor "b" begins at byte 4, inside another that ends at 8/,
    ],
    [
      'a hole between tensors',
      file({ a: tensor([1], 0, 4), b: tensor([1], 8, 12) }, 12),
      /bytes 4 to 8 before tensor "b" belong to no tensor/,
    ],
    [
      'lists in lists that are costly to parse',
      file(`{"a":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}}`, 0),
      /the header nests deeper than the format's 3 levels/,
    ],
    ['a list without an end', file('['.repeat(1_000_000), 0), /the header nests deeper than the format's 3 levels/],
    [
      'a name without an end, in a message that is not',
      file({ ['a'.repeat(1_000_000)]: tensor([1], 0, 4, 'b'.repeat(1_000_000)) }, 4),
      /^safetensors buffer: tensor "a{100}"\.\.\.: dtype "b{100}"\.\.\. is none of BOOL.{1,100}$/,
    ],
    [
      'a name that would forge a line of a log',
      file({ 'a\nb\u001b': tensor([1], 0, 4, 'F31') }, 4),
      /tensor "a\\nb\\u001b": dtype "F31"/,
    ],
    [
      'more dimensions than any tensor has',
      file({ a: tensor(new Array(65).fill(1), 0, 4) }, 4),
      /tensor "a": 65 dimensions exceed the limit of 64/,
    ],
    [
      'bytes after the last tensor',
      file({ a: tensor([1], 0, 4) }, 9),
      /the tensors end at byte 4 of data that have 9 bytes/,
    ],
  ];
  it('may be held to fewer bytes than the format allows', () => {
    const bytes = file({ a: tensor([1], 0, 4) }, 4);
    const length = bytes.byteLength - 8 - 4;
    const read = (maximumHeaderBytes: number) => (): unknown =>
      readSafetensors(bytes, { name: 'upload', maximumHeaderBytes });
    expect(read(length)).not.toThrow();
    expect(read(length - 1)).toThrow(`upload: header of ${length} bytes exceeds the limit of ${length - 1}`);
  });

  it.each(cases)('refuses %s', (_name, bytes, message) => {
    expect(() => readSafetensors(bytes)).toThrow(message);
  });
});
