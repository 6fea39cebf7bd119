/** The forms of a PyTorch rival: whichever is fastest on this machine is the one to compare with. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Device } from '@fedamole/training';
import type { BenchmarkContext } from './benchmark.js';
import type { Contender, Form } from './contender.js';
import { rivals, state } from './folders.js';
import { RivalProcess, type Turn } from './rival-process.js';
import { selected } from './selected-forms.js';

/** Adapters stay in float32, as PEFT has it, unless said otherwise. */
const precisions = [
  { name: 'PyTorch float32', weights: 'float32', adapters: 'float32' },
  { name: 'PyTorch bfloat16', weights: 'bfloat16', adapters: 'float32' },
  { name: 'PyTorch bfloat16 with bfloat16 adapters', weights: 'bfloat16', adapters: 'bfloat16' },
] as const;

/** Whether the processor multiplies bfloat16 in hardware: AMX or AVX512-BF16, or Arm's extension. */
export function hasBfloat16(cpuInformation: string): boolean {
  return /^(flags|Features)\s*:.*\b(amx_bf16|avx512_bf16|bf16)\b/m.test(cpuInformation);
}

function usablePrecisions(device: Device) {
  const file = '/proc/cpuinfo';
  const fast = existsSync(file) && hasBfloat16(readFileSync(file, 'utf8'));
  return precisions.filter(({ weights }) => weights === 'float32' || fast || device !== 'cpu');
}

/** Longest wait for one answer: PyTorch's compiler takes minutes for a model of many layers. */
const PATIENCE_SECONDS = 600;

export interface TorchRival {
  readonly python: string;
  /** A file of bench/rivals. */
  readonly script: string;
  /** What its first line says beside threads and the form. */
  readonly settings: object;
  /** The figure of a turn. */
  readonly figure: (turn: Turn) => number;
  /** Whether every turn takes place in a process of its own. */
  readonly freshProcess?: boolean;
  /** Whether PyTorch's compiler has anything to compile; it has unless said otherwise. */
  readonly compilable?: boolean;
}

/**
 * Every precision of the rival that this machine has hardware for, run as it is and, of the fastest, through PyTorch's compiler;
 * or the one form that the options name.
 */
export function torchRivalForms(rival: TorchRival, { options }: BenchmarkContext): Form[] {
  const { python, script, settings, figure, freshProcess = false, compilable = true } = rival;
  const command = {
    command: python,
    args: [join(rivals, script)],
    environment: {
      OMP_NUM_THREADS: String(options.threads),
      TORCHINDUCTOR_CACHE_DIR: join(state, 'compiled'),
      HF_HUB_OFFLINE: '1',
    },
    log: join(state, 'logs', `${script}.log`),
    patienceSeconds: PATIENCE_SECONDS,
  };
  const device = options.device === 'cpu' ? 'cpu' : 'cuda';
  const formOf = (precision: (typeof precisions)[number], compiled: boolean): Form => {
    const start = (): Promise<RivalProcess> =>
      RivalProcess.start(command, { ...settings, ...precision, compiled, device, threads: options.threads });
    return {
      name: `${precision.name}, ${compiled ? 'compiled' : 'eager'}`,
      open: () => (freshProcess ? Promise.resolve(freshTurns(start, figure)) : oneProcess(start, figure)),
      startsAnew: freshProcess,
      variants: compilable && !compiled ? [formOf(precision, true)] : [],
    };
  };
  const eager = usablePrecisions(options.device).map((precision) => formOf(precision, false));
  return selected(eager, options.rivalForm, '--rival-form');
}

async function oneProcess(start: () => Promise<RivalProcess>, figure: TorchRival['figure']): Promise<Contender> {
  const process = await start();
  return { measure: async () => figure(await process.turn()), close: () => process.close() };
}

function freshTurns(start: () => Promise<RivalProcess>, figure: TorchRival['figure']): Contender {
  const measure = async (): Promise<number> => {
    const process = await start();
    try {
      return figure(await process.turn());
    } finally {
      await process.close();
    }
  };
  return { measure, close: () => Promise.resolve() };
}
