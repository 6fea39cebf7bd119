/** `fedamole models`: base models, by name and by the digest of their folder. */
import { basename } from 'node:path';
import { folderDigest } from '@fedamole/artifacts';
import { baseModelName } from '@fedamole/federation';
import { command } from '../command-line/command.js';
import { folder, required, text } from '../command-line/parameters.js';
import { fields, textTable } from '../command-line/text-table.js';
import { number } from '../format.js';
import { UsageError } from '../usage-error.js';

export const models = [
  command({
    words: 'models list',
    summary: 'List the registered base models.',
    async run({ api, output }) {
      const answer = await (await api()).call('GET /v1/base-models', {});
      const rows = answer.baseModels.map((model) => [
        model.name,
        number(model.parameterCount, 0),
        model.modules.length,
        model.maxPositions,
        model.digest.slice(0, 12),
      ]);
      output.result(answer, () => textTable(['name', 'parameters', 'modules', 'positions', 'digest'], rows));
    },
  }),
  command({
    words: 'models show',
    summary: 'Show a base model and the layers of it that are adapted.',
    positional: { name: required(text('NAME', 'name of the base model')) },
    async run({ api, output }, { name }) {
      const model = await (await api()).call('GET /v1/base-models/{name}', { path: { name } });
      const { modules, parameterCount, maxPositions, digest, registeredAt } = model;
      const facts = { name, parameters: number(parameterCount, 0), positions: maxPositions, digest, registeredAt };
      const rows = modules.map(({ name: module, inputWidth, outputWidth }) => [module, inputWidth, outputWidth]);
      output.result(model, () => `${fields(facts)}\n\n${textTable(['module', 'inputs', 'outputs'], rows)}`);
    },
  }),
  command({
    words: 'models register',
    summary: 'Register the base model of a folder below the models root.',
    positional: {
      folder: required(folder('the folder, in the form of Hugging Face; its name is the name of the model')),
    },
    examples: [['models register /srv/models/Llama-3.2-1B', 'under the name that every trainer finds it by']],
    async run({ api, output }, { folder: path }) {
      const name = baseModelName.safeParse(basename(path));
      if (!name.success) throw new UsageError(`${path}: ${name.error.issues[0]?.message ?? ''}`);
      const client = await api();
      const digest = await folderDigest(path).catch((error: unknown) => {
        throw new UsageError(`${path}: ${error instanceof Error ? error.message : String(error)}`);
      });
      const model = await client.call('POST /v1/base-models', { body: { name: name.data, digest } });
      output.result(model, () => `Base model ${model.name} is registered, digest ${model.digest}.`);
    },
  }),
];
