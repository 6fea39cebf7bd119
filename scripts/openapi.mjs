/**
 * `npm run openapi`: writes what is checked in and follows from code. The API's document, the client that is generated from it,
 * the schema of a federation's file, the reference of the command line, and the table of settings.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError, runHere, runScript } from './commands.mjs';
import { prepare, root } from './prepare.mjs';

const printer = join(root, 'apps', 'api', 'dist', 'openapi', 'print.js');
const steps = [
  join(root, 'libs', 'api-client', 'generate.mjs'),
  join(root, 'apps', 'cli', 'dist', 'reference', 'write.js'),
  join(root, 'libs', 'config', 'dist', 'write-settings.js'),
];

await runScript(async () => {
  await prepare();
  const document = execFileSync(process.execPath, [printer], { cwd: root, maxBuffer: 2 ** 26 });
  writeFileSync(join(root, 'libs', 'api-client', 'openapi.json'), document);
  for (const step of steps) {
    if ((await runHere(process.execPath, [step], { cwd: root })) !== 0) throw new CommandError(`${step} failed`);
  }
  console.log('Written: libs/api-client, apps/cli/federation.schema.json, docs/cli.md, docs/settings.md');
});
