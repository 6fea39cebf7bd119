/** `npm run backup -- --to FOLDER`: events and artifacts, while the platform runs. */
import { CommandError, runScript } from './commands.mjs';
import { prepare } from './prepare.mjs';

await runScript(async () => {
  await prepare();
  const { backUp } = await import('../apps/api/dist/backup/command.js');
  process.exitCode = await backUp(process.argv.slice(2)).catch((error) => {
    throw new CommandError(error.message, { cause: error });
  });
});
