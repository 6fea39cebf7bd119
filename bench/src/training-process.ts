/** A process that trains on every example of its settings twice, and says how fast it was the second time and how much it held. */
import { text } from 'node:stream/consumers';
import { readModel } from '@fedamole/base-models';
import type { ProcessSettings, ProcessTurn } from './fresh-process.js';
import { held } from './our-forms.js';
import { peakBytes } from './peak-memory.js';
import { trainingSteps } from './training-steps.js';

const { model, adapter, examples, form, threads } = JSON.parse(await text(process.stdin)) as ProcessSettings;
const steps = trainingSteps(await held(await readModel(model), form), adapter, examples, { ...form.engine, threads });
// makes the session, and reads the weights from the disk
await steps.measure();
const tokensPerSecond = await steps.measure();
await steps.close();
const turn: ProcessTurn = { tokensPerSecond, peakBytes: peakBytes('self') };
console.log(JSON.stringify(turn));
