/** `fedamole artifacts`: pools, adapters, embeddings and scores by their digests, and what of them nobody needs any more. */
import type { Answer } from '@fedamole/api-client';
import { command } from '../command-line/command.js';
import { flag, folder, required, text, wholeNumber } from '../command-line/parameters.js';
import { fields, textTable } from '../command-line/text-table.js';
import { megabytes } from '../format.js';
import { saveFile } from '../save-file.js';
import { requireDigest } from './adapters.js';

const digest = required(text('digest', 'SHA-256, as events, adapters and lineages name it'));

export const artifacts = [
  command({
    words: 'artifacts show',
    summary: 'Show how large an artifact is, and the events for which it is there.',
    positional: { digest },
    async run({ api, output }, path) {
      const artifact = await (await api()).call('GET /v1/artifacts/{digest}', { path });
      output.result(artifact, () => described(artifact));
    },
  }),
  command({
    words: 'artifacts download',
    summary: 'Download an artifact, and check it against its digest.',
    positional: { digest },
    options: { output: folder('where to (the working folder)') },
    async run({ api, output }, path, { output: target }) {
      const bytes = await (await api()).download('GET /v1/artifacts/{digest}/content', { path });
      requireDigest(bytes, path.digest, `Artifact ${path.digest}`);
      const file = await saveFile(target, `${path.digest}.safetensors`, bytes);
      output.result({ ...path, bytes: bytes.byteLength, file }, () => file);
    },
  }),
  command({
    words: 'artifacts collect',
    summary: 'Tell which artifacts no event and no job names any more, or remove them.',
    options: {
      remove: flag('remove them, instead of telling which they are'),
      grace: wholeNumber('SECONDS', 60, 31_536_000, 'leave what was stored within so many seconds (3600)'),
    },
    examples: [['artifacts collect --remove', 'from time to time, to have the disk back']],
    async run({ api, output }, _, { remove, grace }) {
      const body = { dryRun: !remove, graceSeconds: grace };
      const answer = await (await api()).call('POST /v1/artifacts/collect', { body });
      output.result(answer, () => collected(answer));
    },
  }),
];

function described({ digest: name, bytes, namedBy }: Answer<'GET /v1/artifacts/{digest}'>): string {
  const facts = fields({ digest: name, size: bytes === null ? 'not stored' : megabytes(bytes) });
  if (namedBy.length === 0) return `${facts}\n\nNo event names it.`;
  const rows = namedBy.map(({ recordedAt, type, stream, version }) => [recordedAt, type, stream, version]);
  return `${facts}\n\n${textTable(['at', 'event', 'stream', 'version'], rows)}`;
}

function collected({ dryRun, artifacts: found, temporaryFiles, needed }: Answer<'POST /v1/artifacts/collect'>): string {
  const row = (what: string, { count, bytes }: typeof found) => [what, count, megabytes(bytes)];
  const rows = [row('artifacts', found), row('temporary files', temporaryFiles), row('needed', needed)];
  return textTable([dryRun ? 'would be removed' : 'removed', 'files', 'size'], rows);
}
