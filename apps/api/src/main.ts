import { readApiSettings } from '@fedamole/config';
import { runService } from '@fedamole/services';
import { startApi } from './application.js';
import { makeKeyCommand } from './keys/make-key-command.js';

const [command, ...rest] = process.argv.slice(2);
if (command === 'make-key') process.exitCode = await makeKeyCommand(rest);
else await runService('api', readApiSettings, startApi);
