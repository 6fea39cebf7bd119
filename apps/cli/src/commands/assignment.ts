/** `fedamole assignment`: who holds which experts. */
import { command } from '../command-line/command.js';
import { flag, text, wholeNumber } from '../command-line/parameters.js';
import { federationOrNewest, findFederation } from '../find-federation.js';
import { countHeatmap, expertHeatmap, heldTable } from '../heatmap.js';
import { UsageError } from '../usage-error.js';

export const assignment = [
  command({
    words: 'assignment',
    summary: 'Show which experts every client holds, as a table or as a heatmap.',
    positional: { federation: federationOrNewest },
    options: {
      round: wholeNumber('N', 1, 10_000, 'of that round; the newest when left out'),
      module: text('MODULE', "that module's experts; any part of a name that only one has"),
      heatmap: flag('shaded cells: how many experts of every module, or with --module which of them'),
    },
    examples: [
      ['assignment --heatmap', 'how many experts each client holds, module by module'],
      ['assignment --module layers.3.self_attn.q_proj --heatmap', 'which experts those are'],
    ],
    async run({ api, output }, { federation: given }, { round, module: part, heatmap }) {
      const client = await api();
      const { id, configuration, modules } = await findFederation(client, given);
      const query = { round: round?.toString() };
      const answer = await client.call('GET /v1/federations/{id}/assignments', { path: { id }, query });
      const names = modules.map(({ name }) => name);
      const chosen = part === undefined ? null : moduleOf(names, part);
      const { columns, colours } = output;
      const look = { columns, colours, experts: configuration.experts, maxExperts: configuration.maxExperts };
      output.result(answer, () => {
        const title = `Round ${answer.round}${chosen === null ? '' : `, ${chosen}`}`;
        if (!heatmap) return `${title}\n\n${heldTable(answer.assignment, chosen === null ? names : [chosen])}`;
        if (chosen === null) return `${title}\n\n${countHeatmap(answer.assignment, names, look)}`;
        return `${title}\n\n${expertHeatmap(answer.assignment, chosen, look)}`;
      });
    },
  }),
];

function moduleOf(names: readonly string[], part: string): string {
  const found = names.filter((name) => name === part || name.includes(part));
  const [only] = found;
  if (only !== undefined && (found.length === 1 || found.includes(part))) return found.includes(part) ? part : only;
  const matches = found.length === 0 ? names : found;
  throw new UsageError(`--module is "${part}": expected a part of just one of\n  ${matches.join('\n  ')}`);
}
