/** `npm run restore -- --from FOLDER`: a backup, into a database without events. */
import { CommandError, runScript } from './commands.mjs';
import { prepare } from './prepare.mjs';

await runScript(async () => {
  await prepare();
  const { restore } = await import('../apps/api/dist/backup/command.js');
  process.exitCode = await restore(process.argv.slice(2)).catch((error) => {
    throw new CommandError(error.message, { cause: error });
  });
});
