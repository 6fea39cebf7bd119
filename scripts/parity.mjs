/** `npm run parity -- PATH...`: the present code against reference values. */
import { leaveSignalsAlone, runScript } from './commands.mjs';
import { prepare } from './prepare.mjs';

await runScript(prepare);
leaveSignalsAlone();
await import('../apps/parity/dist/main.js');
