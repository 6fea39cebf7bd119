/** `npm run chaos`: disturbs federations and compares what they come to. */
import { leaveSignalsAlone, runScript } from './commands.mjs';
import { prepare } from './prepare.mjs';

await runScript(prepare);
leaveSignalsAlone();
await import('../e2e/dist/chaos/main.js');
