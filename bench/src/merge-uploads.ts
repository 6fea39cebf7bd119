/** What clients of a federation at the paper's size upload: adapters of 26 MB for Llama-3.2-1B, with numbers drawn at random. */
import { encodeAdapter } from '@fedamole/adapters';
import type { AdaptedModule } from '@fedamole/federation';
import { holdExperts, initialisePool, type ExpertPool } from '@fedamole/mole';
import { seededRandom } from '@fedamole/seeded-random';
import { alpha, rank, topK } from './adapters.js';

/** The paper's numbers: every expert is held by two of ten clients. */
export const CLIENTS = 10;
export const EXPERTS = 30;
const HELD = 6;

export const metadata = { rank, alpha, topK, baseModel: '0'.repeat(64) };

/** q_proj and v_proj of Llama-3.2-1B's 16 layers: width 2048, eight of 32 heads for values. */
export const modules: readonly AdaptedModule[] = Array.from({ length: 16 }, (_, layer) => [
  { name: `model.layers.${layer}.self_attn.q_proj`, inputWidth: 2048, outputWidth: 2048 },
  { name: `model.layers.${layer}.self_attn.v_proj`, inputWidth: 2048, outputWidth: 512 },
]).flat();

export function firstPool(): ExpertPool {
  return initialisePool(modules, { rank, experts: EXPERTS }, (module) => seededRandom('merge', module));
}

/** The experts that the client of this number holds of every module. */
export function heldBy(client: number): Record<string, readonly number[]> {
  const first = (client * EXPERTS) / CLIENTS;
  const held = Array.from({ length: HELD }, (_, index) => (first + index) % EXPERTS).sort((a, b) => a - b);
  return Object.fromEntries(modules.map(({ name }) => [name, held]));
}

/** The upload of the client of this number: what it holds of the pool, as an adapter's file. */
export function upload(pool: ExpertPool, client: number): Uint8Array {
  return encodeAdapter(modules, holdExperts(pool, heldBy(client)), metadata);
}
