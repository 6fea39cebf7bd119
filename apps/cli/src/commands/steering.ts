/** `fedamole federations`: what an operator does to one that exists. */
import type { ApiClient } from '@fedamole/api-client';
import { command, type Command } from '../command-line/command.js';
import type { Context } from '../command-line/context.js';
import { file, required, text, wholeNumber } from '../command-line/parameters.js';
import { readMapping } from '../federation-file.js';
import { federationNamed, federationOrNewest, findFederation } from '../find-federation.js';
import { followToEnd } from '../follow-to-end.js';
import type { Federation } from '../resources.js';

const reason = text('TEXT', 'why, for whoever reads the events');

const client = required(text('client', 'name of the client'));

/** Prints the federation that a request answers; `act` is given the identifier of the one that is meant. */
async function steer(
  context: Context,
  given: string,
  act: (api: ApiClient, id: string) => Promise<Federation>,
): Promise<void> {
  const api = await context.api();
  const federation = await act(api, (await findFederation(api, given)).id);
  context.output.result(federation, () => `Federation ${federation.id} (${federation.name}) is ${federation.status}.`);
}

export const steering: readonly Command[] = [
  command({
    words: 'federations start',
    summary: 'Start a federation that was created.',
    positional: { federation: required(federationNamed) },
    run: (context, { federation }) =>
      steer(context, federation, (api, id) => api.call('POST /v1/federations/{id}/start', { path: { id } })),
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
    run: (context, { federation }, body) =>
      steer(context, federation, (api, id) => api.call('POST /v1/federations/{id}/pause', { path: { id }, body })),
  }),
  command({
    words: 'federations resume',
    summary: 'Let a paused federation go on.',
    positional: { federation: required(federationNamed) },
    run: (context, { federation }) =>
      steer(context, federation, (api, id) => api.call('POST /v1/federations/{id}/resume', { path: { id } })),
  }),
  command({
    words: 'federations cancel',
    summary: 'Cancel a federation for good. Its events and artifacts stay.',
    positional: { federation: required(federationNamed) },
    options: { reason },
    run: (context, { federation }, body) =>
      steer(context, federation, (api, id) => api.call('POST /v1/federations/{id}/cancel', { path: { id }, body })),
  }),
  command({
    words: 'federations join',
    summary: 'Take in a registered client, new or back again: it takes part from the next round on.',
    positional: { federation: required(federationNamed), client },
    run: (context, { federation, client: name }) =>
      steer(context, federation, (api, id) =>
        api.call('POST /v1/federations/{id}/clients/{name}/join', { path: { id, name } }),
      ),
  }),
  command({
    words: 'federations leave',
    summary: 'Take out a client: it is waited for no more; what it has handed in is still merged.',
    positional: { federation: required(federationNamed), client },
    options: { reason },
    run: (context, { federation, client: name }, body) =>
      steer(context, federation, (api, id) =>
        api.call('POST /v1/federations/{id}/clients/{name}/leave', { path: { id, name }, body }),
      ),
  }),
  command({
    words: 'federations retry',
    summary: "Give a client's job that failed for good another attempt.",
    positional: { federation: required(federationNamed), client },
    options: { round: required(wholeNumber('N', 0, 10_000, 'the round that it failed in')) },
    run: (context, { federation, client: name }, { round }) =>
      steer(context, federation, (api, id) => {
        const path = { id, round: String(round), name };
        return api.call('POST /v1/federations/{id}/rounds/{round}/clients/{name}/retry', { path });
      }),
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
      const body = { round, name, configuration };
      await steer(context, federation, (api, id) => api.call('POST /v1/federations/{id}/fork', { path: { id }, body }));
    },
  }),
];
