/** `fedamole models`: base models, by name and by the digest of their folder, and their files in the artifact store. */
import { basename } from 'node:path';
import { folderDigest, openArtifacts, type ArtifactStore } from '@fedamole/artifacts';
import { publishModel, readBaseModel } from '@fedamole/base-models';
import { readArtifactPlace, SettingsError } from '@fedamole/config';
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
      const { modules, parameterCount, maxPositions, digest, manifest, registeredAt } = model;
      const counts = { parameters: number(parameterCount, 0), positions: maxPositions };
      const facts = { name, ...counts, digest, manifest: manifest ?? 'not published', registeredAt };
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
      const name = nameOf(path);
      const client = await api();
      const digest = await folderDigest(path).catch((error: unknown) => unreadable(path, error));
      const model = await client.call('POST /v1/base-models', { body: { name, digest } });
      output.result(model, () => `Base model ${model.name} is registered, digest ${model.digest}.`);
    },
  }),
  command({
    words: 'models publish',
    summary:
      'Store the files of a base model as artifacts, from where trainers without its folder fetch them, and register it.',
    positional: {
      folder: required(folder('the folder, in the form of Hugging Face; its name is the name of the model')),
    },
    options: {
      artifacts: folder(
        "the platform's artifacts folder; without it the settings ARTIFACTS_... say where it is, or its bucket",
      ),
    },
    examples: [
      ['models publish /srv/models/Llama-3.2-1B --artifacts /srv/fedamole/artifacts', 'on a machine that reaches both'],
    ],
    async run({ api, output }, { folder: path }, { artifacts }) {
      const name = nameOf(path);
      const client = await api();
      const store = await artifactStore(artifacts);
      await readBaseModel(path).catch((error: unknown) => unreadable(path, error));
      const { digest, manifest, files } = await publishModel(path, store, (file) =>
        output.note(`${file.name}: ${number(file.bytes, 0)} bytes`),
      );
      const model = await client.call('POST /v1/base-models', { body: { name, digest, manifest } });
      const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
      const stored = `${files.length} files of ${number(bytes, 0)} bytes`;
      output.result(model, () => `Base model ${name} is published, digest ${digest}: ${stored}, manifest ${manifest}.`);
    },
  }),
];

function nameOf(path: string): string {
  const name = baseModelName.safeParse(basename(path));
  if (!name.success) throw new UsageError(`${path}: ${name.error.issues[0]?.message ?? ''}`);
  return name.data;
}

function unreadable(path: string, error: unknown): never {
  const message = error instanceof Error ? error.message : String(error);
  throw new UsageError(message.startsWith(path) ? message : `${path}: ${message}`);
}

async function artifactStore(folder: string | undefined): Promise<ArtifactStore> {
  try {
    return await openArtifacts(readArtifactPlace(folder === undefined ? process.env : { ARTIFACTS_FOLDER: folder }));
  } catch (error) {
    if (error instanceof SettingsError) throw new UsageError(error.message);
    throw error;
  }
}
