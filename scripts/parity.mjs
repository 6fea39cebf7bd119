/** `npm run parity -- PATH...`: the present code against reference values. */
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
leaveSignalsAlone();
await import('../apps/parity/dist/main.js');
