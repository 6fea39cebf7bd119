/**
 * `node bench/device.mjs [--device auto|cpu|webgpu|cuda] [--model DIR] [--tokens N] [--steps N] [--threads N]`, once compiled:
 * training steps and greedy decoding on a device beside the CPU, and how far its gradients are from the CPU's. For a machine
 * with a GPU. Prints a line a device, and then `device-step: ours X tokens/s (DEVICE), rival Y tokens/s (cpu), ratio Z`.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readModel } from '@fedamole/base-models';
import { holdExperts, initialisePool, stackParameters } from '@fedamole/mole';
import { seededRandom } from '@fedamole/seeded-random';
import { chooseDevice, Engine, generate, makeBatch } from '@fedamole/training';

const { values: options } = parseArgs({
  options: {
    device: { type: 'string', default: 'auto' },
    model: { type: 'string', default: join(import.meta.dirname, '../examples/quickstart/model') },
    tokens: { type: 'string', default: '512' },
    steps: { type: 'string', default: '10' },
    threads: { type: 'string', default: String(availableParallelism()) },
  },
});
const [tokens, steps, threads] = [options.tokens, options.steps, options.threads].map(Number);
const RANK = 8;
const HELD = [0, 1, 2, 3];

const model = await readModel(options.model);
const { maxPositions } = model.decoder;
if (tokens > maxPositions) throw new Error(`--tokens is ${tokens}: ${options.model} has ${maxPositions} positions`);
const newTokens = Math.min(32, Math.floor(maxPositions / 2));
const pool = initialisePool(model.modules, { rank: RANK, experts: HELD.length }, (name) => seededRandom('pool', name));
for (const [name, { experts, shared }] of pool) {
  const random = seededRandom('b', name);
  for (const { b } of [shared, ...experts]) b.forEach((_, index) => (b[index] = (2 * random() - 1) * 0.02));
}
const held = Object.fromEntries(model.modules.map(({ name }) => [name, HELD]));
const parameters = stackParameters(model.modules, holdExperts(pool, held), RANK);
const random = seededRandom('tokens');
const ids = Array.from({ length: tokens }, () => Math.floor(random() * model.decoder.vocabularySize));
const batch = makeBatch([{ ids, promptLength: Math.floor(tokens / 2) }], 0);
const prompt = ids.slice(0, Math.min(64, maxPositions - newTokens));

const seconds = async (work) => {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
};
const median = (times) => times.sort((a, b) => a - b)[Math.floor(times.length / 2)];

async function measure(device) {
  const adapter = { kind: 'mole', rank: RANK, alpha: 16, topK: 2 };
  const engine = new Engine(model, { adapter, balanceWeight: 0.001, dropout: 0.05, device, threads });
  let gradients;
  const step = async () => ({ gradients } = await engine.trainingStep(parameters, batch, () => 1));
  const first = await seconds(step);
  const times = [];
  for (let count = 0; count < steps; count += 1) times.push(await seconds(step));
  const generation = { maxNewTokens: newTokens, stopTokenIds: [], padTokenId: 0 };
  const decode = () => generate(engine, parameters, [prompt], generation);
  await decode();
  const decoding = newTokens / (await seconds(decode));
  await engine.release();
  const rate = tokens / median(times);
  const text = [first, median(times)].map((time) => time.toFixed(3));
  console.log(
    `${device}: first step ${text[0]} s, then ${text[1]} s (median of ${steps}): ${rate.toFixed(0)} tokens/s; ` +
      `decoding ${decoding.toFixed(1)} tokens/s`,
  );
  return { rate, gradients };
}

const { device, passedOver } = await chooseDevice(options.device);
for (const [other, reason] of Object.entries(passedOver)) console.log(`not ${other}: ${reason}`);
console.log(
  `${options.model}: ${tokens} tokens a step, ${HELD.length} experts a module, ${threads} threads of the CPU`,
);
const ours = await measure(device);
const rival = device === 'cpu' ? ours : await measure('cpu');
let worst = 0;
for (const [name, expected] of rival.gradients) {
  const actual = ours.gradients.get(name);
  let [difference, norm] = [0, 0];
  expected.forEach((slope, index) => {
    difference += (slope - actual[index]) ** 2;
    norm += slope ** 2;
  });
  worst = Math.max(worst, Math.sqrt(difference / norm));
}
console.log(`worst gradient against the CPU's: ${worst.toExponential(1)} of its norm`);
const ratio = (ours.rate / rival.rate).toFixed(2);
console.log(
  `device-step: ours ${ours.rate.toFixed(0)} tokens/s (${device}), rival ${rival.rate.toFixed(0)} tokens/s (cpu), ratio ${ratio}`,
);
