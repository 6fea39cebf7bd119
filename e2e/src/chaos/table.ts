/** What happened at every moment, in lines that people read. */
import { describeDeed } from './moments.js';
import type { Happened } from './disturbed-federation.js';
import type { QueueBackend } from './options.js';

export interface Row extends Happened {
  readonly queue: QueueBackend;
  /** Whether the federation came to the digests and events of the undisturbed one. */
  readonly equal: boolean;
}

const headings = ['no.', 'queue', 'moment', 'what was done', 'went on after', 'digests'];

export function tableOf(rows: readonly Row[]): string {
  const cells = rows.map(({ moment, queue, place, seconds, equal }) => [
    String(moment.number),
    queue,
    place,
    describeDeed(moment.deed),
    `${seconds.toFixed(1)} s`,
    equal ? 'equal' : 'DIFFERENT',
  ]);
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...cells.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(headings), line(widths.map((width) => '-'.repeat(width))), ...cells.map(line)].join('\n');
}
