/** `fedamole adapters generate`: asks a client's personalised model. */
import { command } from '../command-line/command.js';
import { flag, folder, positiveNumber, required, text, wholeNumber } from '../command-line/parameters.js';
import { findFederation } from '../find-federation.js';
import { openPersonalisedModel } from '../personalised-model.js';
import { UsageError } from '../usage-error.js';

export const generate = [
  command({
    words: 'adapters generate',
    summary: "Answer a prompt with a client's personalised model, on this machine, word by word.",
    positional: {
      client: required(text('client', 'whose model')),
      prompt: text('prompt', 'the instruction; standard input when left out'),
    },
    options: {
      federation: text('FEDERATION', 'identifier or name; the newest federation when left out'),
      round: wholeNumber('N', 1, 10_000, 'the model after that round; the newest when left out'),
      input: text('TEXT', 'what the instruction is about'),
      raw: flag('take the prompt as it is, without the template that the model was trained with'),
      maxTokens: wholeNumber('N', 1, 100_000, "at most so many (the federation's maxNewTokens)"),
      temperature: positiveNumber('X', 'draw words instead of taking the likeliest'),
      seed: wholeNumber('N', 0, 0xffff_ffff, 'the same seed draws the same words (0)'),
      models: folder("models root, with the base model's folder (the local cluster's)"),
    },
    examples: [
      ['adapters generate parcel-streets "Name the street." --input "Tom waits in Oak Lane."', 'as in training'],
      ['adapters generate call-notes --temperature 0.8 --seed 7 < prompt.txt', 'drawn, and the same when repeated'],
    ],
    async run(context, { client, prompt }, options) {
      const { output, signal } = context;
      const { round, models, seed = 0, temperature } = options;
      const instruction = (prompt ?? (await context.readInput())).trim();
      if (instruction === '') throw new UsageError('The prompt is empty: give one, or write it to standard input.');
      const api = await context.api();
      const federation = await findFederation(api, options.federation);
      const model = await openPersonalisedModel(context, api, { federation, client, round, modelsFolder: models });
      try {
        const text = options.raw ? instruction : model.template(instruction, options.input ?? '');
        const sampling = temperature === undefined ? null : { temperature, seed };
        const maxTokens = options.maxTokens ?? federation.configuration.maxNewTokens;
        const answer = { text: '', tokens: 0 };
        for await (const piece of model.answer(text, { maxTokens, sampling })) {
          signal.throwIfAborted();
          answer.text += piece.text;
          answer.tokens = piece.tokens;
          if (!output.json) output.piece(piece.text);
        }
        if (!output.json) output.piece('\n');
        else output.result({ federation: federation.id, client, round: model.round, ...answer }, () => '');
      } finally {
        await model.release();
      }
    },
  }),
];
