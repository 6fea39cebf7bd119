/** `fedamole adapters`: the personalised models, as files. */
import { createHash } from 'node:crypto';
import type { ApiClient } from '@fedamole/api-client';
import { command } from '../command-line/command.js';
import { FailedError, NotFoundError } from '../command-line/exit-status.js';
import { folder, required, text, wholeNumber } from '../command-line/parameters.js';
import { fields, textTable } from '../command-line/text-table.js';
import { federationOrNewest, findFederation } from '../find-federation.js';
import { megabytes } from '../format.js';
import type { Adapter, Lineage } from '../resources.js';
import { saveFile } from '../save-file.js';

const round = wholeNumber('N', 1, 10_000, 'of that round; the newest when left out');

export const adapters = [
  command({
    words: 'adapters list',
    summary: 'List the personalised adapters of a federation.',
    positional: { federation: federationOrNewest },
    options: { round },
    async run({ api, output }, { federation }, { round: chosen }) {
      const client = await api();
      const { id } = await findFederation(client, federation);
      const found = await listed(client, id, chosen);
      const rows = found.map((adapter) => [adapter.client, adapter.round, megabytes(adapter.bytes), adapter.digest]);
      output.result({ adapters: found }, () => textTable(['client', 'round', 'size', 'digest'], rows));
    },
  }),
  command({
    words: 'adapters download',
    summary: "Download the clients' adapters, and check them against their digests.",
    positional: { federation: federationOrNewest },
    options: { client: text('NAME', "that client's only"), round, output: folder('where to (the working folder)') },
    examples: [['adapters download quickstart --client hotel-questions --output /srv/adapters', 'one file']],
    async run({ api, output }, { federation }, options) {
      const client = await api();
      const { id } = await findFederation(client, federation);
      const found = await listed(client, id, options.round);
      const chosen = found.filter((adapter) => options.client === undefined || adapter.client === options.client);
      if (chosen.length === 0) {
        throw new NotFoundError(`Federation ${id} has no adapter of ${options.client ?? 'any client'} yet.`);
      }
      const files: (Adapter & { readonly file: string })[] = [];
      for (const adapter of chosen) {
        const name = `${adapter.client}-round-${adapter.round}.safetensors`;
        const file = await saveFile(options.output, name, await adapterBytes(client, id, adapter));
        files.push({ ...adapter, file });
      }
      output.result({ adapters: files }, () => files.map(({ file }) => file).join('\n'));
    },
  }),
  command({
    words: 'adapters lineage',
    summary: 'Show where an adapter comes from: base model, experts, and every pool since the first.',
    positional: { client: required(text('client', 'whose adapter')), federation: federationOrNewest },
    options: { round },
    examples: [['adapters lineage ward-7 --json | jq -r ".pools[].pool"', 'digests of the pools that led to it']],
    async run({ api, output }, { client: name, federation }, { round: chosen }) {
      const client = await api();
      const { id } = await findFederation(client, federation);
      const sent = { path: { id, client: name }, query: { round: chosen?.toString() } };
      const lineage = await client.call('GET /v1/federations/{id}/adapters/{client}/lineage', sent);
      output.result(lineage, () => described(lineage));
    },
  }),
];

function described({ adapter, baseModel, experts, trained, mergedInto, pools }: Lineage): string {
  const held = Object.values(experts).map(({ length }) => length);
  const facts = fields({
    adapter: adapter.digest,
    client: adapter.client,
    round: adapter.round,
    'base model': `${baseModel.name} (${baseModel.digest})`,
    experts: `${held.reduce((sum, count) => sum + count, 0)} in ${held.length} modules`,
    trained: `${trained.at}, ${trained.steps} steps on ${trained.trainExamples} examples, on ${trained.device}`,
    attempt: trained.attempt,
    event: trained.eventId,
    'merged into': mergedInto,
  });
  const rows = pools.map(({ federationId, round: of, pool, merged }) => [
    ...[federationId, of, pool],
    merged.length === 0 ? null : merged.map(({ client }) => client).join(' '),
  ]);
  return `${facts}\n\n${textTable(['federation', 'round', 'pool', 'merged from'], rows)}`;
}

async function listed(api: ApiClient, id: string, chosen: number | undefined): Promise<Adapter[]> {
  const query = { round: chosen?.toString() };
  return (await api.call('GET /v1/federations/{id}/adapters', { path: { id }, query })).adapters;
}

/** Throws a FailedError where what arrives has another digest. */
export async function adapterBytes(api: ApiClient, id: string, adapter: Adapter): Promise<Uint8Array> {
  const sent = { path: { id, client: adapter.client }, query: { round: String(adapter.round) } };
  const bytes = await api.download('GET /v1/federations/{id}/adapters/{client}', sent);
  requireDigest(bytes, adapter.digest, `The adapter of ${adapter.client}`);
  return bytes;
}

export function requireDigest(bytes: Uint8Array, digest: string, what: string): void {
  const actual = createHash('sha256').update(bytes).digest('hex');
  if (actual !== digest) throw new FailedError(`${what} arrived with digest ${actual}, not ${digest}.`);
}
