/** `npm run bench`: lists the benchmarks, or runs the one that is named. */
import { leaveSignalsAlone, runScript } from './commands.mjs';
import { prepare } from './prepare.mjs';

await runScript(prepare);
leaveSignalsAlone();
await import('../bench/dist/main.js');
