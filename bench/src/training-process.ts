/** A process that trains on every example of its settings twice, and says how fast it was the second time and how much it held. */
import { existsSync, readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { readModel } from '@fedamole/base-models';
import type { ProcessSettings, ProcessTurn } from './fresh-process.js';
import { held } from './our-forms.js';
import { trainingSteps } from './training-steps.js';

const { model, adapter, examples, form, threads } = JSON.parse(await text(process.stdin)) as ProcessSettings;
const steps = trainingSteps(await held(await readModel(model), form), adapter, examples, { ...form.engine, threads });
// makes the session, and reads the weights from the disk
await steps.measure();
const tokensPerSecond = await steps.measure();
await steps.close();
const turn: ProcessTurn = { tokensPerSecond, peakBytes: peakBytes() };
console.log(JSON.stringify(turn));

/** The most memory that this process ever held. */
function peakBytes(): number {
  const file = '/proc/self/status';
  const found = existsSync(file) ? /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(file, 'utf8')) : null;
  return found === null ? 0 : Number(found[1]) * 1024;
}
