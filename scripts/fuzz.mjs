/** `npm run fuzz`: asks the API whatever its document allows, and much that it does not. */
import { leaveSignalsAlone, runScript } from './commands.mjs';
import { prepare } from './prepare.mjs';

await runScript(prepare);
leaveSignalsAlone();
await import('../e2e/dist/fuzz/main.js');
