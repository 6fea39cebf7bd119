/** Starts one service, says which, and waits to be killed: `node supervisor.fixture.js <log file>`. */
import { fileURLToPath } from 'node:url';
import { startService } from './start-service.js';

const service = await startService({
  name: 'fixture',
  entry: fileURLToPath(new URL('./service.fixture.js', import.meta.url)),
  env: {},
  logFile: process.argv[2] ?? '',
});
console.log(JSON.stringify(service.process));
setInterval(() => undefined, 1000);
