/** `npm run openapi`: writes what is checked in and follows from code: the OpenAPI document, the client, the command reference. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { CommandError, runHere, runScript } from './commands.mjs';
import { prepare, root } from './prepare.mjs';

const inRoot = { cwd: root };
const generator = join(root, 'libs', 'api-client', 'generate.mjs');

await runScript(async () => {
  await prepare();
  const document = execFileSync(process.execPath, [join(root, 'apps/api/dist/openapi/print.js')], {
    ...inRoot,
    maxBuffer: 2 ** 26,
  });
  writeFileSync(join(root, 'libs', 'api-client', 'openapi.json'), document);
  if ((await runHere(process.execPath, [generator], inRoot)) !== 0) throw new CommandError('no client was generated');
});
