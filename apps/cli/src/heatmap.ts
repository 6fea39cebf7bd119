/** An assignment of experts in characters: clients are rows; the darker a cell, the more experts. */
import { textTable } from './command-line/text-table.js';
import type { Assignment } from './resources.js';

type Held = Assignment['assignment'];

export interface Look {
  /** Characters a line may have. */
  readonly columns: number;
  readonly colours: boolean;
  /** Domain experts of a module's pool. */
  readonly experts: number;
  /** Most that a client may hold. */
  readonly maxExperts: number;
}

/** A line for each client and module, with the experts' indices. */
export function heldTable(held: Held, modules: readonly string[]): string {
  const rows = clientsOf(held).flatMap((client) =>
    modules.map((module) => [
      client,
      module,
      String(held[client]?.[module]?.length ?? 0),
      indicesOf(held, client, module),
    ]),
  );
  return textTable(['client', 'module', 'held', 'experts'], rows);
}

/** How many experts of each module; modules are numbered columns, named below. */
export function countHeatmap(held: Held, modules: readonly string[], look: Look): string {
  const width = Math.max(3, String(look.maxExperts).length + 2);
  const cell = (client: string, column: number): string => {
    const count = held[client]?.[modules[column] ?? '']?.length ?? 0;
    return shaded(` ${count} `.padStart(width), count / look.maxExperts, look.colours);
  };
  const legend = modules.map((name, index) => `${String(index).padStart(3)}  ${name}`).join('\n');
  return `${grid(clientsOf(held), modules.length, width, cell, look)}\n\n${legend}`;
}

/** Which experts of one module: a column for each of the pool. */
export function expertHeatmap(held: Held, module: string, look: Look): string {
  const width = String(look.experts - 1).length + 1;
  const cell = (client: string, expert: number): string => {
    const holds = held[client]?.[module]?.includes(expert) ?? false;
    return shaded((holds ? '#' : '.').padStart(width), holds ? 1 : 0, look.colours);
  };
  return grid(clientsOf(held), look.experts, width, cell, look);
}

/** As many columns at once as the line takes; the others follow below. */
function grid(
  clients: readonly string[],
  count: number,
  width: number,
  cell: (client: string, column: number) => string,
  { columns }: Look,
): string {
  const margin = Math.max(...clients.map(({ length }) => length)) + 1;
  const fitting = Math.max(1, Math.floor((columns - margin) / width));
  const blocks: string[] = [];
  for (let first = 0; first < count; first += fitting) {
    const shown = Array.from({ length: Math.min(fitting, count - first) }, (_, index) => first + index);
    const heading = ' '.repeat(margin) + shown.map((column) => centred(String(column), width)).join('');
    const rows = clients.map((client) => client.padEnd(margin) + shown.map((column) => cell(client, column)).join(''));
    blocks.push([heading.trimEnd(), ...rows].join('\n'));
  }
  return blocks.join('\n\n');
}

/** Under cells whose figure has a space behind it where there is room for one. */
const centred = (text: string, width: number): string =>
  width > 2 && text.length < width - 1 ? ` ${text} `.padStart(width) : text.padStart(width);

/** From the 256-colour palette's greys, light to dark, with a figure that stays readable. */
function shaded(text: string, share: number, colours: boolean): string {
  if (!colours) return text;
  const [lightest, darkest] = [254, 234];
  const background = Math.round(lightest + (darkest - lightest) * Math.min(1, share));
  return `\x1b[48;5;${background};38;5;${share > 0.5 ? 231 : 16}m${text}\x1b[0m`;
}

const clientsOf = (held: Held): string[] => Object.keys(held).sort();
const indicesOf = (held: Held, client: string, module: string): string => (held[client]?.[module] ?? []).join(' ');
