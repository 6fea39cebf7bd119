/** `fedamole clients`: whoever takes part in federations. */
import { command } from '../command-line/command.js';
import { required, text } from '../command-line/parameters.js';
import { fields, textTable } from '../command-line/text-table.js';

export const clients = [
  command({
    words: 'clients list',
    summary: 'List the registered clients.',
    async run({ api, output }) {
      const answer = await (await api()).call('GET /v1/clients', {});
      const rows = answer.clients.map(({ name, description, registeredAt }) => [name, registeredAt, description]);
      output.result(answer, () => textTable(['name', 'registered', 'description'], rows));
    },
  }),
  command({
    words: 'clients show',
    summary: 'Show a client.',
    positional: { name: required(text('NAME', 'name of the client')) },
    async run({ api, output }, { name }) {
      const client = await (await api()).call('GET /v1/clients/{name}', { path: { name } });
      output.result(client, () => fields(client));
    },
  }),
  command({
    words: 'clients register',
    summary: 'Register a client under the name that trainers map to its data.',
    positional: { name: required(text('NAME', 'name of the client')) },
    options: { description: text('TEXT', 'who it is') },
    examples: [['clients register ward-7 --description "cardiology, since 2024"', 'twice changes nothing']],
    async run({ api, output }, { name }, { description }) {
      const body = { name, description };
      const client = await (await api()).call('POST /v1/clients', { body });
      output.result(client, () => `Client ${client.name} is registered.`);
    },
  }),
];
