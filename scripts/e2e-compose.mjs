/** `npm run e2e:compose`: the containers, run for real. It needs Docker with compose. */
import { leaveSignalsAlone, runScript } from './commands.mjs';
import { prepare } from './prepare.mjs';

await runScript(prepare);
leaveSignalsAlone();
await import('../e2e/dist/compose/main.js');
