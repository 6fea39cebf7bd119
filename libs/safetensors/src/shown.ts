/**
 * What a file holds, as error messages quote it. Files come from anybody: a name may be a megabyte long, hold control
 * characters that forge a line of a log, or be a million lists in one another, which JSON.stringify cannot write.
 */

/** Characters of a text, elements of a list or fields of an object, levels of either, and characters in all. */
const LONGEST_TEXT = 100;
const MOST_ELEMENTS = 8;
const MOST_LEVELS = 3;
const LONGEST = 300;

/** A value as JSON, on one line of printable ASCII; what is long or lies deep is shown as `...`. */
export function shown(value: unknown): string {
  return printable(rendered(value, MOST_LEVELS), LONGEST);
}

/** A message on one line of printable ASCII; what is longer than `limit` characters ends in `...`. */
export function printable(message: string, limit: number): string {
  const text = message
    .slice(0, limit + 1)
    .replace(/[^\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return text.length <= limit ? text : `${text.slice(0, limit - 3)}...`;
}

function rendered(value: unknown, levels: number): string {
  if (typeof value === 'string') {
    const quoted = JSON.stringify(value.slice(0, LONGEST_TEXT));
    return value.length > LONGEST_TEXT ? `${quoted}...` : quoted;
  }
  if (typeof value !== 'object' || value === null) return String(value);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  if (levels === 0) return `${open}...${close}`;
  const fields = Object.entries(value);
  const items = fields
    .slice(0, MOST_ELEMENTS)
    .map(([key, item]) => `${open === '{' ? `${rendered(key, 0)}:` : ''}${rendered(item, levels - 1)}`);
  if (fields.length > MOST_ELEMENTS) items.push('...');
  return `${open}${items.join(',')}${close}`;
}
