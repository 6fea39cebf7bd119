/** All benchmarks, in the order in which they are listed. */
import type { Benchmark } from './benchmark.js';
import { decoding } from './decode.js';
import { loraStep } from './lora-step.js';
import { memory } from './memory.js';
import { moleSteps } from './mole-step.js';

export const benchmarks: readonly Benchmark[] = [...moleSteps, loraStep, memory, ...decoding];
