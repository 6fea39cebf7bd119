/** A process that takes one optimiser step on every example of its settings, and says how fast it was and how much it held. */
import { text } from 'node:stream/consumers';
import { readModel } from '@fedamole/base-models';
import type { ProcessSettings, ProcessTurn } from './fresh-process.js';
import { held } from './our-forms.js';
import { peakBytes } from './peak-memory.js';
import { trainingSteps } from './training-steps.js';

const { model, adapter, examples, form, threads } = JSON.parse(await text(process.stdin)) as ProcessSettings;
const steps = trainingSteps(await held(await readModel(model), form), adapter, examples, { ...form.engine, threads });
const tokensPerSecond = await steps.measure();
await steps.close();
const turn: ProcessTurn = { tokensPerSecond, peakBytes: peakBytes('self') };
console.log(JSON.stringify(turn));
