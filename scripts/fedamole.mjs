/** `npm run fedamole -- <command>`: the command line, compiled first. */
import { leaveSignalsAlone, runScript } from './commands.mjs';
import { prepare } from './prepare.mjs';

await runScript(prepare);
const { main } = await import('../apps/cli/dist/main.js');
// A command stops what it started, in order.
leaveSignalsAlone();
await main(process.argv.slice(2));
