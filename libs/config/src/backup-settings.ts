import { z } from 'zod';
import type { Environment } from './settings-error.js';
import { readSettings } from './settings-error.js';
import { folder, postgresUrl } from './variables.js';

/** What a backup is made of, or restored into. */
export interface BackupSettings {
  databaseUrl: string;
  artifactsFolder: string;
}

const variables = (access: 'read' | 'read and write') =>
  z.object({ DATABASE_URL: postgresUrl, ARTIFACTS_FOLDER: folder(access) }).transform((read): BackupSettings => ({
    databaseUrl: read.DATABASE_URL,
    artifactsFolder: read.ARTIFACTS_FOLDER,
  }));

/** Throws a SettingsError that names every wrong variable. */
export const readBackupSettings = (environment: Environment): BackupSettings =>
  readSettings(variables('read'), environment);

/** As for a backup; the artifacts' folder must be one that can be written to. */
export const readRestoreSettings = (environment: Environment): BackupSettings =>
  readSettings(variables('read and write'), environment);
