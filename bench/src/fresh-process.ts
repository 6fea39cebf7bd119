/** Training steps of ours in a process of their own, so that the peak of memory is theirs alone. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { TrainedAdapter } from './adapters.js';
import type { OurForm } from './our-forms.js';
import type { Sequence } from '@fedamole/training';

/** What training-process.ts is told, as one line of JSON on its standard input. */
export interface ProcessSettings {
  readonly model: string;
  readonly adapter: TrainedAdapter;
  readonly examples: readonly Sequence[];
  readonly form: OurForm;
  readonly threads: number;
}

const processTurn = z.object({ tokensPerSecond: z.number().positive(), peakBytes: z.number().min(0) });
/** The peak is VmHWM of the whole process; 0 where the system does not say. */
export type ProcessTurn = z.infer<typeof processTurn>;

const script = fileURLToPath(new URL('./training-process.js', import.meta.url));

/** One optimiser step on every example in a new process. */
export async function trainInFreshProcess(settings: ProcessSettings): Promise<ProcessTurn> {
  const running = promisify(execFile)(process.execPath, [script], { maxBuffer: 2 ** 26 });
  running.child.stdin?.end(JSON.stringify(settings));
  const { stdout } = await running;
  return processTurn.parse(JSON.parse(stdout));
}
