/** The end of a log file, for an error that says why something did not start. */
import { open } from 'node:fs/promises';

const mostBytes = 16_384;
const mostLines = 20;

/** The last lines that were written at or after the byte `from`; says so where there are none. */
export async function logTail(file: string, from = 0): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const start = Math.max(from, size - mostBytes);
    const buffer = Buffer.alloc(Math.max(0, size - start));
    await handle.read(buffer, 0, buffer.length, start);
    const lines = buffer.toString('utf8').trimEnd().split('\n').slice(-mostLines);
    const text = lines.join('\n').trim();
    return text === '' ? `(nothing was written to ${file})` : `${text}\n(from ${file})`;
  } finally {
    await handle.close();
  }
}
