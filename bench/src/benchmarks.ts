/** All benchmarks, in the order in which they are listed. */
import { assignment } from './assignment.js';
import type { Benchmark } from './benchmark.js';
import { clientJob } from './client-job.js';
import { clientSwitch } from './client-switch.js';
import { coordination } from './coordination.js';
import { decoding } from './decode.js';
import { gemmShare } from './gemm-share.js';
import { large } from './large.js';
import { loraStep } from './lora-step.js';
import { memory } from './memory.js';
import { merge } from './merge.js';
import { moleSteps } from './mole-step.js';
import { session } from './session.js';
import { trainerJobs } from './trainer-jobs.js';
import { weights } from './weights.js';

export const benchmarks: readonly Benchmark[] = [
  ...moleSteps,
  loraStep,
  gemmShare,
  memory,
  clientJob,
  session,
  clientSwitch,
  ...decoding,
  ...large,
  weights,
  merge,
  assignment,
  coordination,
  trainerJobs,
];
