/** As which user a server runs: PostgreSQL refuses root, so root hands it to nobody. */
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface ServerAccount {
  uid: number;
  gid: number;
}

const nobody: ServerAccount = { uid: 65_534, gid: 65_534 };

/** The account to switch to, or null where the server runs as this process's own. */
export function serverAccount(): ServerAccount | null {
  return process.getuid?.() === 0 ? nobody : null;
}

/** Whether the account may pass through every folder above `path`, and enter or read `path` itself where it exists. */
export async function canReach(account: ServerAccount, path: string): Promise<boolean> {
  for (let current = path; ; current = dirname(current)) {
    if (!(await mayPass(account, current))) return false;
    if (current === dirname(current)) return true;
  }
}

async function mayPass(account: ServerAccount, path: string): Promise<boolean> {
  try {
    const { uid, gid, mode } = await stat(path);
    const execute = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    return (mode & execute) !== 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true;
    throw error;
  }
}
