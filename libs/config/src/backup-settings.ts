import type { ArtifactPlace } from '@fedamole/artifacts';
import { z } from 'zod';
import { artifactPlaceOf, artifactVariables } from './artifact-variables.js';
import type { Environment } from './settings-error.js';
import { readSettings } from './settings-error.js';
import { postgresUrl } from './variables.js';

/** What a backup is made of, or restored into. */
export interface BackupSettings {
  databaseUrl: string;
  artifacts: ArtifactPlace;
}

const variables = (environment: Environment, access: 'read' | 'read and write') =>
  z
    .object({ DATABASE_URL: postgresUrl, ...artifactVariables(environment, access) })
    .transform((read): BackupSettings => ({
      databaseUrl: read.DATABASE_URL,
      artifacts: artifactPlaceOf(read),
    }));

/** Throws a SettingsError that names every wrong variable. */
export const readBackupSettings = (environment: Environment): BackupSettings =>
  readSettings(variables(environment, 'read'), environment);

/** As for a backup; the artifacts' folder must be one that can be written to. */
export const readRestoreSettings = (environment: Environment): BackupSettings =>
  readSettings(variables(environment, 'read and write'), environment);
