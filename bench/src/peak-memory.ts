import { existsSync, readFileSync } from 'node:fs';

/** The most memory that a process ever held (VmHWM); 0 where the system does not say. */
export function peakBytes(process: number | 'self'): number {
  const file = `/proc/${process}/status`;
  const found = existsSync(file) ? /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(file, 'utf8')) : null;
  return found === null ? 0 : Number(found[1]) * 1024;
}
