/** Where the artifacts lie: in a folder that all services share, or in a bucket of an S3 server. */
import type { ArtifactPlace } from '@fedamole/artifacts';
import { z } from 'zod';
import { documented, type Documented } from './documented.js';
import type { Environment } from './secret-files.js';
import { isSet } from './secret-files.js';
import { readSettings } from './settings-error.js';
import { folder } from './variables.js';

interface ArtifactVariables {
  ARTIFACTS_FOLDER?: string | undefined;
  ARTIFACTS_S3_BUCKET?: string | undefined;
  ARTIFACTS_S3_PREFIX?: string | undefined;
  ARTIFACTS_S3_ENDPOINT?: string | undefined;
  ARTIFACTS_S3_REGION?: string | undefined;
  ARTIFACTS_S3_ACCESS_KEY_ID?: string | undefined;
  ARTIFACTS_S3_SECRET_ACCESS_KEY?: string | undefined;
}

type ArtifactShape = {
  [Name in keyof Required<ArtifactVariables>]: Documented<z.ZodType<ArtifactVariables[Name]>>;
};

const bucket = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'expected 3 to 63 lower-case letters, digits, "." or "-"');

const part = '[A-Za-z0-9._-]+';
const prefix = z
  .string()
  .regex(new RegExp(`^${part}(/${part})*/?$`), 'expected letters, digits, ".", "_" or "-", in parts between "/"')
  .transform((text) => (text.endsWith('/') ? text : `${text}/`));

const endpoint = z.string().refine(isOrigin, 'expected http://host:port or https://host:port');

/** One of a pair: required where the other one is set. */
const halfOf = (environment: Environment, other: string) =>
  isSet(environment, other) ? z.string(`${other} is set: expected both or none`) : z.string().optional();

/** Either a folder, or a bucket and what belongs to it. */
export function artifactVariables(environment: Environment, access: 'read' | 'read and write'): ArtifactShape {
  const inBucket = isSet(environment, 'ARTIFACTS_S3_BUCKET');
  const ofBucket = <Value>(schema: z.ZodType<Value>) => (inBucket ? schema : absent('ARTIFACTS_S3_BUCKET is not set'));
  return {
    ARTIFACTS_FOLDER: documented(
      inBucket ? absent('ARTIFACTS_S3_BUCKET is set, too: expected one of them') : folder(access),
      "the artifacts' folder, one for all; the api only reads",
      'required, or `ARTIFACTS_S3_BUCKET`',
    ),
    ARTIFACTS_S3_BUCKET: documented(
      ofBucket(bucket),
      'instead of it: a bucket of Amazon S3, or of a server that speaks its protocol',
      'not set',
    ),
    ARTIFACTS_S3_PREFIX: documented(
      ofBucket(prefix.optional()),
      'what all keys begin with there, for what shares the bucket',
      'nothing',
    ),
    ARTIFACTS_S3_ENDPOINT: documented(ofBucket(endpoint.optional()), "the server's address", "Amazon's of the region"),
    ARTIFACTS_S3_REGION: documented(
      ofBucket(
        z
          .string()
          .regex(/^[a-z0-9-]{1,63}$/, 'expected 1 to 63 lower-case letters, digits or "-"')
          .optional(),
      ),
      'its region',
      '`us-east-1`',
    ),
    ARTIFACTS_S3_ACCESS_KEY_ID: documented(
      ofBucket(halfOf(environment, 'ARTIFACTS_S3_SECRET_ACCESS_KEY')),
      'who asks it',
      "what Amazon's client finds by itself, such as the role of the machine",
    ),
    ARTIFACTS_S3_SECRET_ACCESS_KEY: documented(
      ofBucket(halfOf(environment, 'ARTIFACTS_S3_ACCESS_KEY_ID')),
      'and the secret to it',
      'likewise',
    ),
  };
}

/** Where artifacts can be written. Throws a SettingsError that names every wrong variable. */
export const readArtifactPlace = (environment: Environment): ArtifactPlace =>
  readSettings(z.object(artifactVariables(environment, 'read and write')).transform(artifactPlaceOf), environment);

export function artifactPlaceOf(read: ArtifactVariables): ArtifactPlace {
  if (read.ARTIFACTS_FOLDER !== undefined) return { kind: 'folder', folder: read.ARTIFACTS_FOLDER };
  const { ARTIFACTS_S3_BUCKET, ARTIFACTS_S3_ACCESS_KEY_ID, ARTIFACTS_S3_SECRET_ACCESS_KEY } = read;
  if (ARTIFACTS_S3_BUCKET === undefined) throw new Error('neither ARTIFACTS_FOLDER nor ARTIFACTS_S3_BUCKET was read');
  const [accessKeyId, secretAccessKey] = [ARTIFACTS_S3_ACCESS_KEY_ID, ARTIFACTS_S3_SECRET_ACCESS_KEY];
  return {
    kind: 's3',
    bucket: ARTIFACTS_S3_BUCKET,
    prefix: read.ARTIFACTS_S3_PREFIX ?? '',
    region: read.ARTIFACTS_S3_REGION ?? 'us-east-1',
    endpoint: read.ARTIFACTS_S3_ENDPOINT ?? null,
    credentials: accessKeyId === undefined || secretAccessKey === undefined ? null : { accessKeyId, secretAccessKey },
  };
}

const absent = (why: string) => z.undefined(why).optional();

function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, pathname, search, username } = new URL(text);
  return /^https?:$/.test(protocol) && pathname === '/' && search === '' && username === '';
}
