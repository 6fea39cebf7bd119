/** `fedamole audit`: who asked for what, and what came of it. */
import { command } from '../command-line/command.js';
import { oneOf, text, wholeNumber } from '../command-line/parameters.js';
import { textTable } from '../command-line/text-table.js';

interface Entry {
  readonly id: string;
  readonly at: string;
  readonly actor: string;
  readonly actorDescription: string | null;
  readonly action: string;
  readonly target: string;
  readonly status: number | null;
  readonly code: string | null;
}

interface Page {
  readonly entries: readonly Entry[];
  readonly next: string | null;
}

const mostPerPage = 500;

export const audit = [
  command({
    words: 'audit',
    summary: 'Show who asked for which change, the newest first.',
    options: {
      actor: text('ACTOR', 'only of that one, such as key:4f7Gk2mQp0Xz'),
      action: text('ACTION', 'only that operation, such as startFederation'),
      outcome: oneOf('OUTCOME', ['done', 'refused', 'failed', 'unknown'], 'only requests that came to that'),
      since: text('TIME', 'from then on, such as 2030-01-31T00:00:00Z'),
      until: text('TIME', 'up to then'),
      limit: wholeNumber('N', 1, 100_000, 'at most so many (50)'),
    },
    examples: [['audit --outcome refused', 'what was tried and not allowed']],
    async run({ api, output }, _, { limit = 50, ...filter }) {
      const client = await api();
      const entries: Entry[] = [];
      let after: string | undefined;
      do {
        const query = { ...filter, after, limit: String(Math.min(limit - entries.length, mostPerPage)) };
        const page = (await client.send('GET /v1/audit', { query })) as Page;
        entries.push(...page.entries);
        after = page.next ?? undefined;
      } while (after !== undefined && entries.length < limit);
      const rows = entries.map(({ at, actor, actorDescription, action, target, status, code }) => [
        at,
        actorDescription ?? actor,
        action,
        code ?? status,
        target,
      ]);
      output.result({ entries }, () => textTable(['at', 'who', 'action', 'outcome', 'target'], rows));
    },
  }),
];
