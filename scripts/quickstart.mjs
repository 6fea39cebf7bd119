/** `npm run quickstart`: from a fresh checkout to a federation that runs, with nothing but Node. */
import { CommandError, endOnSignals, endWithNpm, leaveSignalsAlone } from './commands.mjs';
import { prepare } from './prepare.mjs';

endOnSignals();
endWithNpm();
try {
  await prepare();
} catch (error) {
  if (!(error instanceof CommandError)) throw error;
  console.error(error.message);
  process.exit(1);
}
const { quickstart } = await import('../apps/cli/dist/quickstart.js');
// The quickstart stops its own services, in order.
leaveSignalsAlone();
await quickstart(process.argv.slice(2));
