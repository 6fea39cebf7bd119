/** `npm test`: all suites, on the compiled code, with a real PostgreSQL. Arguments go to Jest. */
import { join } from 'node:path';
import { runHere, runScript } from './commands.mjs';
import { prepare, root } from './prepare.mjs';

await runScript(async () => {
  await prepare();
  const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  // Jest loads ECMAScript modules behind this flag, which Node says on every start.
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  process.exitCode = await runHere(process.execPath, [...flags, jest, ...process.argv.slice(2)], { cwd: root });
});
