/** `npm run backup -- --to FOLDER` and `npm run restore -- --from FOLDER`. */
import { readBackupSettings, readRestoreSettings } from '@fedamole/config';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Manifest } from './backup-folder.js';
import { makeBackup } from './make-backup.js';
import { restoreBackup } from './restore-backup.js';

/** The command's exit status: 1 where artifacts that events name are missing from the backup. */
export async function backUp(args: readonly string[]): Promise<number> {
  return report('backed up', await makeBackup(readBackupSettings(process.env), folderOf(args, 'to')));
}

export async function restore(args: readonly string[]): Promise<number> {
  return report('restored and verified', await restoreBackup(readRestoreSettings(process.env), folderOf(args, 'from')));
}

function folderOf(args: readonly string[], option: 'to' | 'from'): string {
  const { values } = parseArgs({ args: [...args], options: { [option]: { type: 'string' } } });
  const folder = values[option];
  if (typeof folder !== 'string' || folder === '') throw new Error(`--${option} FOLDER is missing`);
  return resolve(folder);
}

function report(done: string, { events, end, artifacts, unreadable }: Manifest): number {
  console.log(`${done}: ${events} events up to position ${end.position}, ${artifacts.length} artifacts`);
  console.log(`the log ends in hash ${end.hash}: keep it elsewhere to verify against`);
  for (const { digest, reason } of unreadable) console.error(`not in the backup: ${digest}: ${reason}`);
  return unreadable.length === 0 ? 0 : 1;
}
