/**
 * What a file holds, as error messages quote it. Files come from anybody: a name may be a megabyte long, hold control
 * characters that forge a line of a log, or be a million lists in one another, which JSON.stringify cannot write.
 */

/** Characters that are quoted of a text, and elements of a list. */
const LONGEST_TEXT = 100;
const MOST_ELEMENTS = 8;

/** A value on one line of printable ASCII, as JSON where it is short; what is long or lies deeper is shown as `...`. */
export function shown(value: unknown): string {
  if (!Array.isArray(value)) return shownItem(value);
  const items = value.slice(0, MOST_ELEMENTS).map(shownItem);
  if (value.length > MOST_ELEMENTS) items.push('...');
  return `[${items.join(',')}]`;
}

function shownItem(value: unknown): string {
  if (typeof value === 'string') {
    const quoted = escaped(JSON.stringify(value.slice(0, LONGEST_TEXT)));
    return value.length > LONGEST_TEXT ? `${quoted}...` : quoted;
  }
  if (Array.isArray(value)) return value.length === 0 ? '[]' : '[...]';
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0 ? '{}' : '{...}';
  return String(value);
}

/** A message of printable ASCII on one line; what is longer than `limit` characters ends in `...`. */
export function printable(message: string, limit: number): string {
  const text = escaped(message.slice(0, limit + 1));
  return text.length <= limit ? text : `${text.slice(0, limit - 3)}...`;
}

const escaped = (text: string): string =>
  text.replace(/[^\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
