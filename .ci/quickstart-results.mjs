/** Checks results.json of a finished quickstart: `losses` or `digests`, then the folder that holds it. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const [question, folder] = process.argv.slice(2);
const { clients, pool } = JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8'));
if (clients.length === 0) throw new Error(`${folder}: results.json names no client`);

const questions = {
  losses: ({ client, before, after }) => {
    const [first, last] = [before.metrics.testLoss, after.metrics.testLoss];
    return [last < first, `${client}: test loss ${first.toFixed(3)} -> ${last.toFixed(3)}`];
  },
  digests: ({ client, after, adapterFile }) => {
    const actual = createHash('sha256').update(readFileSync(adapterFile)).digest('hex');
    return [actual === after.adapter, `${client}: ${after.adapter}, its file ${actual}`];
  },
};

const answers = clients.map(questions[question]);
if (question === 'digests') answers.push([/^[0-9a-f]{64}$/.test(pool), `pool: ${pool}`]);
for (const [good, text] of answers) console.log(good ? text : `NOT SO: ${text}`);
process.exitCode = answers.every(([good]) => good) ? 0 : 1;
