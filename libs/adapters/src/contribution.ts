/**
 * What a client hands in after a round, read as what it is: a file from somebody else. It has to hold the tensors that the
 * client's experts make it hold and no other, numbers that a mean survives, and the metadata of this federation and round;
 * and it may take no more bytes than that.
 */
import type { AdaptedLinear, HeldModules } from '@fedamole/mole';
import { printable, readSafetensors, SafetensorsError, shown, type SafetensorsContents } from '@fedamole/safetensors';
import { adapterMetadata, takeAdapter, takeEmbeddings, type AdapterMetadata, type ClientEmbeddings } from './files.js';
import { adapterShapes, embeddingShapes, type Held, type TensorShapes } from './client-shapes.js';
import { AdapterFileError } from './take-tensor.js';

export interface ExpectedContribution {
  readonly client: string;
  readonly round: number;
  readonly modules: readonly AdaptedLinear[];
  /** What the client was assigned. */
  readonly held: Held;
  readonly settings: AdapterMetadata;
}

export interface ContributedFile<Decoded> {
  /** A file of more bytes is none that the client was asked for: it need not be read. */
  readonly maximumBytes: number;
  /** @throws AdapterFileError naming tensor, value and limit on one printable line */
  decode(bytes: Uint8Array): Decoded;
}

/** Bytes of a header beside its tensors' entries: metadata, and another writer's spaces. */
const HEADER_BYTES = 65_536;

/** Bytes of a tensor's entry beside its name: type, shape and range take 120 at most, an expert's index in the metadata 20. */
const ENTRY_BYTES = 256;

/** Characters of a message that an event can carry. */
const LONGEST_MESSAGE = 1500;

/** The adapter that a client trained. */
export function contributedAdapter(expected: ExpectedContribution): ContributedFile<HeldModules> {
  const { modules, held, settings } = expected;
  const required = adapterMetadata(settings);
  return contributedFile('adapter', adapterShapes(modules, held, settings.rank), (contents) => {
    requireMetadata(contents, { ...required, ...whereTold(expected) }, [...Object.keys(required), 'experts']);
    return takeAdapter(contents, modules, held, settings.rank);
  });
}

/** The mean embeddings that a client measured. */
export function contributedEmbeddings(
  expected: ExpectedContribution,
): ContributedFile<ReadonlyMap<string, ClientEmbeddings>> {
  const { held, settings } = expected;
  return contributedFile('embeddings', embeddingShapes(held, settings.rank), (contents) => {
    requireMetadata(contents, whereTold(expected), []);
    return takeEmbeddings(contents, held, settings.rank);
  });
}

/** Files need not say whose they are and of which round; what they say has to be true. */
const whereTold = ({ client, round }: ExpectedContribution): Record<string, string> => ({
  client,
  round: String(round),
});

function contributedFile<Decoded>(
  name: string,
  shapes: TensorShapes,
  take: (contents: SafetensorsContents) => Decoded,
): ContributedFile<Decoded> {
  const entries = [...shapes.keys()].reduce((sum, tensor) => sum + tensor.length + ENTRY_BYTES, 0);
  const data = [...shapes.values()].reduce(
    (sum, shape) => sum + 4 * shape.reduce((product, size) => product * size),
    0,
  );
  const maximumHeaderBytes = HEADER_BYTES + entries;
  const maximumBytes = maximumHeaderBytes + data;
  return {
    maximumBytes,
    decode(bytes) {
      try {
        if (bytes.byteLength > maximumBytes) {
          throw new AdapterFileError(`${bytes.byteLength} bytes exceed the limit of ${maximumBytes}`);
        }
        return take(readSafetensors(bytes, { name, maximumHeaderBytes }));
      } catch (error) {
        if (!(error instanceof AdapterFileError || error instanceof SafetensorsError)) throw error;
        const message = error instanceof SafetensorsError ? error.message : `${name}: ${error.message}`;
        throw new AdapterFileError(printable(message, LONGEST_MESSAGE), { cause: error });
      }
    },
  };
}

function requireMetadata(
  { metadata }: SafetensorsContents,
  expected: Readonly<Record<string, string>>,
  required: readonly string[],
): void {
  const missing = required.find((field) => !Object.hasOwn(metadata, field));
  if (missing !== undefined) throw new AdapterFileError(`metadata ${shown(missing)} is missing`);
  for (const [field, value] of Object.entries(metadata)) {
    if (field === 'experts' && required.includes(field)) continue;
    if (!Object.hasOwn(expected, field)) throw new AdapterFileError(`metadata ${shown(field)} is not expected`);
    if (value === expected[field]) continue;
    throw new AdapterFileError(`metadata ${shown(field)} is ${shown(value)}; expected ${shown(expected[field])}`);
  }
}
