/** `fedamole assignment`: who holds which experts, and why. */
import type { ApiClient } from '@fedamole/api-client';
import { command } from '../command-line/command.js';
import type { Context } from '../command-line/context.js';
import { NotFoundError } from '../command-line/exit-status.js';
import { flag, text, wholeNumber } from '../command-line/parameters.js';
import { textTable } from '../command-line/text-table.js';
import { federationOrNewest, findFederation } from '../find-federation.js';
import { number } from '../format.js';
import { countHeatmap, expertHeatmap, heldTable } from '../heatmap.js';
import type { Assignment, Choices, Federation } from '../resources.js';
import { UsageError } from '../usage-error.js';

interface Chosen {
  readonly round: string | undefined;
  readonly client: string | undefined;
  readonly module: string | undefined;
}

export const assignment = [
  command({
    words: 'assignment',
    summary: 'Show which experts every client holds, as a table or as a heatmap, and why.',
    positional: { federation: federationOrNewest },
    options: {
      round: wholeNumber('N', 1, 10_000, 'of that round; the newest when left out'),
      client: text('NAME', 'only what that client holds'),
      module: text('MODULE', "that module's experts; any part of a name that only one has"),
      heatmap: flag('shaded cells: how many experts of every module, or with --module which of them'),
      why: flag('score, rank, runners-up and the limit that bound, choice by choice; with --client or --module'),
    },
    examples: [
      ['assignment --heatmap', 'how many experts each client holds, module by module'],
      ['assignment --module layers.3.self_attn.q_proj --heatmap', 'which experts those are'],
      ['assignment --client ward-7 --module layers.3.self_attn.q_proj --why', 'why it holds them'],
    ],
    async run(context, { federation: given }, { round, client, module: part, heatmap, why }) {
      if (why && heatmap) throw new UsageError('--why and --heatmap show different things: give one of them');
      if (why && client === undefined && part === undefined) {
        throw new UsageError('--why explains the choices of a client or a module: add --client or --module');
      }
      const api = await context.api();
      const federation = await findFederation(api, given);
      const module = part === undefined ? undefined : moduleOf(federation, part);
      const chosen = { round: round?.toString(), client, module };
      if (why) await explain(context, api, federation, chosen);
      else await show(context, api, federation, chosen, heatmap);
    },
  }),
];

async function show(
  { output }: Context,
  api: ApiClient,
  { id, configuration, modules }: Federation,
  { round, client, module }: Chosen,
  heatmap: boolean,
): Promise<void> {
  const all = await api.call('GET /v1/federations/{id}/assignments', { path: { id }, query: { round } });
  const answer = client === undefined ? all : onlyOf(all, client);
  const names = modules.map(({ name }) => name);
  const { columns, colours } = output;
  const look = { columns, colours, experts: configuration.experts, maxExperts: configuration.maxExperts };
  output.result(answer, () => {
    const title = `Round ${answer.round}${module === undefined ? '' : `, ${module}`}`;
    if (!heatmap) return `${title}\n\n${heldTable(answer.assignment, module === undefined ? names : [module])}`;
    if (module === undefined) return `${title}\n\n${countHeatmap(answer.assignment, names, look)}`;
    return `${title}\n\n${expertHeatmap(answer.assignment, module, look)}`;
  });
}

async function explain({ output }: Context, api: ApiClient, { id }: Federation, query: Chosen): Promise<void> {
  const answer = await api.call('GET /v1/federations/{id}/assignments/choices', { path: { id }, query });
  output.result(answer, () => `Round ${answer.round}: ${decided(answer)}.\n\n${choiceTable(answer)}`);
}

function decided({ decidedBy, limits }: Choices): string {
  const { experts, expertChoices, minExperts, maxExperts, homogeneous } = limits;
  const held = homogeneous ? 'all of them equally many' : `${minExperts} to ${maxExperts}`;
  const scores = { affinity: 'affinities', draw: 'drawn', kept: 'affinities, but the assignment was kept' };
  return `each of ${experts} experts picks ${expertChoices} clients, a client holds ${held}; scores are ${scores[decidedBy]}`;
}

function choiceTable({ choices }: Choices): string {
  const rows = choices.map(({ module, expert, client, score, rank, limit, runnersUp }) => [
    ...[module, expert, client, number(score, 4), rank, limit],
    runnersUp.map((other) => `${other.client} ${number(other.score, 4)}`).join(', '),
  ]);
  return textTable(['module', 'expert', 'client', 'score', 'rank', 'limit', 'runners-up'], rows);
}

function onlyOf(answer: Assignment, client: string): Assignment {
  const held = answer.assignment[client];
  if (held !== undefined) return { ...answer, assignment: { [client]: held } };
  const clients = Object.keys(answer.assignment).sort().join(', ');
  throw new NotFoundError(`Client "${client}" holds nothing in round ${answer.round}; those that do: ${clients}`);
}

function moduleOf({ modules }: Federation, part: string): string {
  const names = modules.map(({ name }) => name);
  const found = names.filter((name) => name === part || name.includes(part));
  const [only] = found;
  if (only !== undefined && (found.length === 1 || found.includes(part))) return found.includes(part) ? part : only;
  const matches = found.length === 0 ? names : found;
  throw new UsageError(`--module is "${part}": expected a part of just one of\n  ${matches.join('\n  ')}`);
}
