/** A worker thread that evaluates the first sequence of the tiny model on WebGPU and says its token losses. */
import { parentPort } from 'node:worker_threads';
import { makeBatch } from './batch.js';
import { Engine } from './engine.js';
import { drawnParameters, drawnSequences, mole, padTokenId, tinyModel } from './small-models.fixture.js';

const model = await tinyModel();
const engine = new Engine(model, { adapter: mole, balanceWeight: 0, dropout: 0, device: 'webgpu', threads: 1 });
const batch = makeBatch(drawnSequences(model, [14, 9]), padTokenId);
const { tokenLosses } = await engine.evaluate(drawnParameters(model, [3, 4]), batch);
await engine.release();
parentPort?.postMessage(Array.from(tokenLosses));
