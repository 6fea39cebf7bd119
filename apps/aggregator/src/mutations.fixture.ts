/**
 * What somebody may do to a safetensors file before handing it in: its header is taken apart into entries whose texts are
 * changed, so that most mutations come as far as the checks behind the parser; bytes are changed on top of that.
 */
import fc from 'fast-check';

interface Entry {
  /** The key as JSON, quotes included. */
  readonly key: string;
  /** The value as JSON, or what only looks like it. */
  readonly value: string;
}

type HeaderChange = (entries: readonly Entry[], data: number) => readonly Entry[];
type ByteChange = (bytes: Uint8Array) => Uint8Array;

const picked = (entries: readonly Entry[], index: number): number => index % entries.length;

const replaced = (entries: readonly Entry[], index: number, change: (entry: Entry) => readonly Entry[]): Entry[] =>
  entries.flatMap((entry, at) => (at === picked(entries, index) ? change(entry) : [entry]));

/** Puts a text in the place of a field's value, or a field before the others. */
const field =
  (name: string, index: number, text: string): HeaderChange =>
  (entries) =>
    replaced(entries, index, ({ key, value }) => {
      const label = `${JSON.stringify(name)}:`;
      const [before, after] = value.split(label, 2);
      if (before === undefined || after === undefined) return [{ key, value: `{${label}${text},${value.slice(1)}` }];
      return [{ key, value: before + label + text + after.replace(/^(\[[^\]]*\]|"(?:[^"\\]|\\.)*")/, '') }];
    });

/** The first letter as an escape: another text, the same key. */
const escapedKey = (key: string): string => `"\\u${key.charCodeAt(1).toString(16).padStart(4, '0')}${key.slice(2)}`;

const index = fc.nat(99);
const hostileName = fc.oneof(
  fc.constantFrom(
    '__proto__',
    'constructor',
    'toString',
    '',
    '__metadata__',
    '../../etc/passwd',
    'q_pr\u043ej',
    '\u0000',
  ),
  fc.string({ maxLength: 20 }),
  fc.constantFrom(1000, 100_000).map((length) => 'x'.repeat(length)),
);
const hostileNumber = fc.oneof(
  fc.constantFrom(-1, 0, 1, 0.5, -0, 1e300, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 64, -4, 4, 8),
  fc.integer({ min: -64, max: 4096 }),
);
const hostileText = fc.oneof(
  fc.constantFrom(
    'null',
    '"4"',
    '{}',
    '[]',
    '1e999',
    '-',
    '[[[[]]]]',
    'true',
    '"F31"',
    '"I32"',
    '"F64"',
    '"BF16"',
    '"F16"',
  ),
  fc.constantFrom(100, 20_000).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
  fc.array(hostileNumber, { maxLength: 4 }).map((numbers) => JSON.stringify(numbers)),
  fc.jsonValue().map((value) => JSON.stringify(value)),
);

const headerChange: fc.Arbitrary<HeaderChange> = fc.oneof(
  // says the same
  fc.constant<HeaderChange>((entries) => [...entries].reverse()),
  index.map(
    (at): HeaderChange =>
      (entries) =>
        replaced(entries, at, () => []),
  ),
  index.map(
    (at): HeaderChange =>
      (entries) =>
        replaced(entries, at, (entry) => [entry, entry]),
  ),
  index.map(
    (at): HeaderChange =>
      (entries) =>
        replaced(entries, at, (entry) => [entry, { ...entry, key: escapedKey(entry.key) }]),
  ),
  fc.tuple(index, hostileName).map(
    ([at, name]): HeaderChange =>
      (entries) =>
        replaced(entries, at, ({ value }) => [{ key: JSON.stringify(name), value }]),
  ),
  fc.tuple(index, index).map(
    ([at, other]): HeaderChange =>
      (entries) =>
        replaced(entries, at, ({ value }) => [{ key: (entries[picked(entries, other)] as Entry).key, value }]),
  ),
  fc.tuple(index, hostileText).map(
    ([at, value]): HeaderChange =>
      (entries) =>
        replaced(entries, at, ({ key }) => [{ key, value }]),
  ),
  fc
    .tuple(
      fc.constantFrom('dtype', 'shape', 'data_offsets', 'stride', 'r', 'alpha', 'base_model', 'experts'),
      index,
      hostileText,
    )
    .map(([name, at, text]) => field(name, at, text)),
  fc
    .tuple(index, hostileNumber, hostileNumber)
    .map(([at, begin, end]) => field('data_offsets', at, `[${begin},${end}]`)),
  fc.tuple(hostileName, hostileName).map(([key, value]) => field(key, 0, JSON.stringify(value))),
  hostileName.map((name): HeaderChange => (entries, data) => [
    ...entries,
    { key: JSON.stringify(name), value: `{"dtype":"F32","shape":[0],"data_offsets":[${data},${data}]}` },
  ]),
);

const place = fc.double({ min: 0, max: 1, noNaN: true });
const at = (bytes: Uint8Array, share: number): number => Math.floor(share * Math.max(0, bytes.byteLength - 1));
const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

function changedAt(bytes: Uint8Array, offset: number, write: (view: DataView, offset: number) => void): Uint8Array {
  const copy = bytes.slice();
  if (offset >= 0 && offset + 8 <= copy.byteLength) write(new DataView(copy.buffer), offset);
  return copy;
}

const hostileFloat = fc.constantFrom(NaN, Infinity, -Infinity, 1e6 + 1, -1e7, 3e38, -0, 1e-45);

const byteChange: fc.Arbitrary<ByteChange> = fc.oneof(
  place.map(
    (share): ByteChange =>
      (bytes) =>
        bytes.slice(0, at(bytes, share)),
  ),
  fc.nat(64).map(
    (dropped): ByteChange =>
      (bytes) =>
        bytes.slice(0, Math.max(0, bytes.byteLength - 1 - dropped)),
  ),
  fc.uint8Array({ minLength: 1, maxLength: 64 }).map(
    (tail): ByteChange =>
      (bytes) =>
        joined(bytes, tail),
  ),
  fc.constantFrom(1000, 200_000).map(
    (length): ByteChange =>
      (bytes) =>
        joined(bytes, new Uint8Array(length)),
  ),
  fc.tuple(place, fc.nat(7)).map(([share, bit]): ByteChange => (bytes) => {
    const copy = bytes.slice();
    const offset = at(bytes, share);
    copy[offset] = (copy[offset] ?? 0) ^ (1 << bit);
    return copy;
  }),
  fc.tuple(place, fc.uint8Array({ maxLength: 16 }), fc.nat(16)).map(
    ([share, inserted, removed]): ByteChange =>
      (bytes) =>
        joined(bytes.subarray(0, at(bytes, share)), inserted, bytes.subarray(at(bytes, share) + removed)),
  ),
  fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.bigInt({ min: 0n, max: 4096n })).map(
    (length): ByteChange =>
      (bytes) =>
        changedAt(bytes, 0, (view) => view.setBigUint64(0, length, true)),
  ),
  // the data end the file, so that whole elements are counted from there
  fc.tuple(fc.nat(200), hostileFloat).map(
    ([fromEnd, value]): ByteChange =>
      (bytes) =>
        changedAt(bytes, bytes.byteLength - 8 - 4 * fromEnd, (view, offset) => view.setFloat32(offset, value, true)),
  ),
);

function withHeader(bytes: Uint8Array, changes: readonly HeaderChange[]): Uint8Array {
  if (changes.length === 0) return bytes;
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const data = bytes.subarray(8 + length);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Record<string, unknown>;
  let entries: readonly Entry[] = Object.entries(header).map(([key, value]) => ({
    key: JSON.stringify(key),
    value: JSON.stringify(value),
  }));
  for (const change of changes) {
    // a change of fields is for entries that still have some
    if (entries.length > 0 && entries.every(({ value }) => value.startsWith('{"')))
      entries = change(entries, data.byteLength);
  }
  const text = new TextEncoder().encode(`{${entries.map(({ key, value }) => `${key}:${value}`).join(',')}}`);
  const start = new Uint8Array(8);
  new DataView(start.buffer).setBigUint64(0, BigInt(text.byteLength), true);
  return joined(start, text, data);
}

const headerChanges = fc.array(headerChange, { minLength: 1, maxLength: 2 });
const byteChanges = fc.array(byteChange, { minLength: 1, maxLength: 3 });

/** From a file to what somebody made of it, by one to five changes. */
export const mutation: fc.Arbitrary<(bytes: Uint8Array) => Uint8Array> = fc
  .oneof(
    headerChanges.map((header) => ({ header, bytes: [] as ByteChange[] })),
    byteChanges.map((bytes) => ({ header: [] as HeaderChange[], bytes })),
    fc.record({ header: headerChanges, bytes: byteChanges }),
  )
  .map(
    ({ header, bytes }) =>
      (file) =>
        bytes.reduce((changed, change) => change(changed), withHeader(file, header)),
  );
