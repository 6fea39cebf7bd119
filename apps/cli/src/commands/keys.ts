/** `fedamole keys`: who may use the API, and for what. */
import { command } from '../command-line/command.js';
import { oneOf, repeated, required, text } from '../command-line/parameters.js';
import { textTable } from '../command-line/text-table.js';

interface Key {
  readonly id: string;
  readonly scope: string;
  readonly clients: readonly string[];
  readonly description: string | null;
  readonly createdAt: string;
  readonly lastUsedAt: string | null;
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
}

export const keys = [
  command({
    words: 'keys create',
    summary: 'Make an API key. It is shown this once.',
    positional: {
      scope: required(
        oneOf('scope', ['operator', 'viewer', 'site'], 'what it opens: everything, reading, or its clients'),
      ),
    },
    options: {
      client: repeated(text('NAME', 'a client that the site stands for')),
      description: text('TEXT', 'whose key it is; events and the audit repeat it'),
      expires: text('TIME', 'such as 2030-01-31T00:00:00Z; never when left out'),
    },
    examples: [['keys create site --client ward-7 --description "hospital north"', 'sees and acts for ward-7 alone']],
    async run({ api, output }, { scope }, { client, description, expires }) {
      const body = { scope, clients: client.length > 0 ? client : undefined, description, expiresAt: expires };
      const made = (await (await api()).send('POST /v1/keys', { body })) as Key & { readonly key: string };
      output.result(made, () => made.key);
      if (!output.json) output.note(`This is the ${scope} key ${made.id}. Keep it: it is shown nowhere else.`);
    },
  }),
  command({
    words: 'keys list',
    summary: 'List all API keys, without what is secret of them.',
    async run({ api, output }) {
      const answer = (await (await api()).send('GET /v1/keys', {})) as { readonly keys: readonly Key[] };
      const headings = ['id', 'scope', 'clients', 'created', 'last used', 'state', 'description'];
      output.result(answer, () => textTable(headings, answer.keys.map(rowOf)));
    },
  }),
  command({
    words: 'keys revoke',
    summary: 'Revoke an API key: from then on it opens nothing.',
    positional: { id: required(text('id', 'identifier, as "fedamole keys list" shows it')) },
    async run({ api, output }, { id }) {
      const revoked = await (await api()).send('DELETE /v1/keys/{id}', { path: { id } });
      output.result(revoked, () => `Key ${id} is revoked.`);
    },
  }),
];

const rowOf = ({ id, scope, clients, createdAt, lastUsedAt, expiresAt, revokedAt, description }: Key) => [
  id,
  scope,
  clients.length === 0 ? null : clients.join(' '),
  createdAt,
  lastUsedAt,
  stateOf(expiresAt, revokedAt),
  description,
];

function stateOf(expiresAt: string | null, revokedAt: string | null): string {
  if (revokedAt !== null) return `revoked ${revokedAt}`;
  return expiresAt === null ? 'valid' : `valid until ${expiresAt}`;
}
