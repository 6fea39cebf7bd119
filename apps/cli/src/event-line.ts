/** An event in a line: when, where, what, and the figures and names that it carries. */
import type { StoredEvent } from './resources.js';

export function eventLine({ recordedAt, stream, type, data }: StoredEvent): string {
  const time = recordedAt.replace('T', ' ').replace('Z', '');
  return [time, type.padEnd(22), stream, details(data)].join('  ').trimEnd();
}

/** What is large, such as an assignment, is left out: `--json` has all of it. */
function details(data: unknown): string {
  if (typeof data !== 'object' || data === null) return '';
  return Object.entries(data)
    .flatMap(([name, value]) => {
      // the stream says it
      if (name === 'federationId') return [];
      if (typeof value === 'number' || typeof value === 'boolean') return [`${name}=${value}`];
      if (typeof value === 'string') return [`${name}=${shortened(value)}`];
      return [];
    })
    .join(' ');
}

/** Digests by their beginning, texts in quotes. */
function shortened(value: string): string {
  if (/^[0-9a-f]{64}$/.test(value)) return value.slice(0, 12);
  return /^[\w.:-]+$/.test(value) ? value : JSON.stringify(value);
}
