/** `fedamole federations`: what an operator does to one that exists. */
import { command, type Command } from '../command-line/command.js';
import type { Context } from '../command-line/context.js';
import { file, required, text, wholeNumber } from '../command-line/parameters.js';
import { readMapping } from '../federation-file.js';
import { federationNamed, federationOrNewest, findFederation } from '../find-federation.js';
import { followToEnd } from '../follow-to-end.js';
import type { Federation } from '../resources.js';

const reason = text('TEXT', 'why, for whoever reads the events');

/** A request below `/v1/federations/{id}` that is answered with the federation. */
async function steer(context: Context, given: string, action: string, body: unknown = {}): Promise<void> {
  const api = await context.api();
  const { id } = await findFederation(api, given);
  const answer = await api.send(`POST /v1/federations/{id}/${action}`, { path: { id }, body });
  const federation = answer as Pick<Federation, 'id' | 'name' | 'status'>;
  context.output.result(answer, () => `Federation ${federation.id} (${federation.name}) is ${federation.status}.`);
}

/** An action on a client of the federation. */
const onClient = (action: 'join' | 'leave', summary: string): Command =>
  command({
    words: `federations ${action}`,
    summary,
    positional: { federation: required(federationNamed), client: required(text('client', 'name of the client')) },
    options: action === 'leave' ? { reason } : {},
    run: (context, { federation, client }, options) =>
      steer(context, federation, `clients/${encodeURIComponent(client)}/${action}`, options),
  });

export const steering: readonly Command[] = [
  command({
    words: 'federations start',
    summary: 'Start a federation that was created.',
    positional: { federation: required(federationNamed) },
    run: (context, { federation }) => steer(context, federation, 'start'),
  }),
  command({
    words: 'federations watch',
    summary: 'Follow a federation to its end; exit status 1 where it does not complete.',
    positional: { federation: federationOrNewest },
    examples: [['federations watch && fedamole adapters download', 'wait, then fetch what came of it']],
    async run(context, { federation }) {
      const api = await context.api();
      const { id } = await findFederation(api, federation);
      await followToEnd(context, api, id);
    },
  }),
  command({
    words: 'federations pause',
    summary: 'Pause a federation: nothing new is begun, what runs may end.',
    positional: { federation: required(federationNamed) },
    options: { reason },
    run: (context, { federation }, options) => steer(context, federation, 'pause', options),
  }),
  command({
    words: 'federations resume',
    summary: 'Let a paused federation go on.',
    positional: { federation: required(federationNamed) },
    run: (context, { federation }) => steer(context, federation, 'resume'),
  }),
  command({
    words: 'federations cancel',
    summary: 'Cancel a federation for good. Its events and artifacts stay.',
    positional: { federation: required(federationNamed) },
    options: { reason },
    run: (context, { federation }, options) => steer(context, federation, 'cancel', options),
  }),
  onClient('join', 'Take in a registered client, new or back again: it takes part from the next round on.'),
  onClient('leave', 'Take out a client: it is waited for no more.'),
  command({
    words: 'federations retry',
    summary: "Give a client's job that failed for good another attempt.",
    positional: { federation: required(federationNamed), client: required(text('client', 'name of the client')) },
    options: { round: required(wholeNumber('N', 0, 10_000, 'the round that it failed in')) },
    run: (context, { federation, client }, { round }) =>
      steer(context, federation, `rounds/${round}/clients/${encodeURIComponent(client)}/retry`),
  }),
  command({
    words: 'federations fork',
    summary: 'Create a federation that goes on from a round of another one.',
    positional: { federation: required(federationNamed) },
    options: {
      round: required(wholeNumber('N', 0, 10_000, 'the round whose pool of experts it goes on from')),
      name: text('NAME', 'of the new federation'),
      changes: file("YAML or JSON: fields of the configuration that differ from the parent's"),
    },
    examples: [
      ['federations fork baseline --round 3 --name cooler --changes cooler.yaml', 'from round 3 on, otherwise'],
    ],
    async run(context, { federation }, { round, name, changes }) {
      const configuration = changes === undefined ? undefined : await readMapping(context, changes);
      await steer(context, federation, 'fork', { round, name, configuration });
    },
  }),
];
