/** `npm run quickstart`: from a fresh checkout to a federation that runs, with nothing but Node. */
import { leaveSignalsAlone, runScript } from './commands.mjs';
import { prepare } from './prepare.mjs';

await runScript(prepare);
const { quickstart } = await import('../apps/cli/dist/quickstart.js');
// The quickstart stops its own services, in order.
leaveSignalsAlone();
await quickstart(process.argv.slice(2));
