/** Tables and lists for people: no borders, so that they are also read by grep and awk. */
import Table from 'cli-table3';

const none = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ' },
};

/** Numbers to the right, everything else to the left; null and undefined are a dash. */
export function textTable(
  headings: readonly string[],
  rows: readonly (readonly (string | number | null | undefined)[])[],
): string {
  const colAligns = headings.map((_, column) =>
    rows.some((row) => typeof row[column] === 'number') ? ('right' as const) : ('left' as const),
  );
  const table = new Table({
    head: headings.map((heading) => heading.toUpperCase()),
    colAligns,
    chars: none,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const row of rows) table.push(row.map((cell) => String(cell ?? '-')));
  return withoutTrailingSpace(table.toString());
}

/** Names and values, one pair a line. */
export function fields(pairs: Readonly<Record<string, string | number | null | undefined>>): string {
  const width = Math.max(...Object.keys(pairs).map(({ length }) => length));
  return Object.entries(pairs)
    .map(([name, value]) => `${name.padEnd(width)}  ${value ?? '-'}`)
    .join('\n');
}

const withoutTrailingSpace = (text: string): string => text.replace(/ +$/gm, '');
