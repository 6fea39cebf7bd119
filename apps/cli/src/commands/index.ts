/** The table of commands. */
import type { Command } from '../command-line/command.js';
import { adapters } from './adapters.js';
import { artifacts } from './artifacts.js';
import { assignment } from './assignment.js';
import { audit } from './audit.js';
import { clients } from './clients.js';
import { completion } from './completion.js';
import { datasets } from './datasets.js';
import { events } from './events.js';
import { federations } from './federations.js';
import { generate } from './generate.js';
import { keys } from './keys.js';
import { models } from './models.js';
import { platform } from './platform.js';
import { proofs } from './proofs.js';
import { rounds } from './rounds.js';
import { steering } from './steering.js';
import { workers } from './workers.js';

export const commands: readonly Command[] = [
  ...platform,
  ...models,
  ...clients,
  ...federations,
  ...steering,
  ...datasets,
  ...rounds,
  ...assignment,
  ...workers,
  ...events,
  ...proofs,
  ...adapters,
  ...generate,
  ...artifacts,
  ...keys,
  ...audit,
  ...completion,
];

/** What the words say that only begin commands. */
export const commandGroups: Readonly<Record<string, string>> = {
  models: 'Base models.',
  clients: 'Whoever takes part in federations.',
  federations: 'Make federations, look at them, steer them.',
  adapters: 'The personalised models: list them, download them, ask them, see where they come from.',
  artifacts: 'Files by their digests: pools, adapters, embeddings, scores.',
  keys: 'API keys: who may do what.',
};
