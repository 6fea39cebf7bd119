/**
 * A base model in the artifact store: an artifact for each file of its folder, and a manifest, an artifact that lists them. The
 * folder's digest follows from the manifest, so that a manifest is of one model only.
 */
import { join } from 'node:path';
import { digestOfFiles, folderFiles, type ArtifactStore, type FolderFile } from '@fedamole/artifacts';
import { z } from 'zod';

/** More files, or a longer list of them, than any model has. */
const MOST_FILES = 10_000;
const MOST_MANIFEST_BYTES = 2 ** 22;

export interface ModelManifest {
  readonly files: readonly FolderFile[];
}

/** Thrown where a manifest is malformed, or of another model than it is said to be. */
export class ModelManifestError extends Error {
  override readonly name = 'ModelManifestError';
}

/** Whoever may store artifacts decides what a manifest says: no name leads out of a folder, or to a hidden file. */
const fileName = z
  .string()
  .min(1)
  .max(1000)
  .refine(
    (name) => name.split('/').every((part) => part !== '' && !part.startsWith('.')) && !/[\\\0\n]/.test(name),
    'expected the name of a file below the folder',
  );

const schema = z.strictObject({
  files: z
    .array(
      z.strictObject({
        name: fileName,
        bytes: z.int().min(0),
        sha256: z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hexadecimal digits'),
      }),
    )
    .min(1)
    .max(MOST_FILES)
    .refine((files) => new Set(files.map(({ name }) => name)).size === files.length, 'expected every name once'),
});

export interface PublishedModel {
  /** Digest of the manifest. */
  readonly manifest: string;
  /** Digest of the folder, under which the model is registered. */
  readonly digest: string;
  readonly files: readonly FolderFile[];
}

/** Stores a model's folder; storing it again changes nothing. `onFile` is told of each file that is there now. */
export async function publishModel(
  folder: string,
  artifacts: ArtifactStore,
  onFile: (file: FolderFile) => void = () => undefined,
): Promise<PublishedModel> {
  const files: FolderFile[] = [];
  for (const name of await folderFiles(folder)) {
    const { digest, bytes } = await artifacts.putFile(join(folder, name));
    files.push({ name, bytes, sha256: digest });
    onFile(files.at(-1) as FolderFile);
  }
  const manifest = schema.parse({ files });
  const text = new TextEncoder().encode(JSON.stringify(manifest));
  return { manifest: await artifacts.put(text), digest: digestOfFiles(files), files };
}

/** Reads the manifest of the model with that digest. Throws a ModelManifestError; where it cannot be had, as `ArtifactStore.get`. */
export async function readManifest(artifacts: ArtifactStore, manifest: string, digest: string): Promise<ModelManifest> {
  const bytes = await artifacts.get(manifest, MOST_MANIFEST_BYTES);
  const read = schema.safeParse(jsonOf(bytes));
  if (!read.success) throw new ModelManifestError(`manifest ${manifest} is malformed: ${z.prettifyError(read.error)}`);
  const actual = digestOfFiles(read.data.files);
  if (actual !== digest) {
    throw new ModelManifestError(`manifest ${manifest} is of the model with digest ${actual}, not of ${digest}`);
  }
  return read.data;
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
