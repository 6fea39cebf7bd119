/** A service for tests: FIXTURE_MODE says how it behaves. Asked for a key, it makes one as the api does. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

if (process.argv[2] === 'make-key') {
  console.log(`fedamole_o_${String(process.pid).padStart(44, '0')}`);
  process.exit(0);
}
const mode = process.env.FIXTURE_MODE ?? 'ready';
let detached = false;

process.on('message', (message) => {
  if (typeof message === 'object' && message !== null && 'type' in message && message.type === 'detach')
    detached = true;
});
process.on('disconnect', () => {
  if (!detached) process.exit(0);
});

console.log(`fixture in mode ${mode}`);
if (mode === 'fails') {
  console.error('SettingsError: DATABASE_URL is missing');
  process.exit(3);
}
if (mode === 'stubborn') process.on('SIGTERM', () => undefined);

// Port 0 of a first start; the same one again after a restart.
const server = createServer((request, response) => {
  if (request.url === '/v1/keys/current' && request.headers.authorization?.endsWith('revoked'))
    response.statusCode = 401;
  response.end(JSON.stringify({ pid: process.pid, env: request.url === '/env' ? process.env : {} }));
  if (request.url === '/crash') process.exit(1);
});
server.listen(Number(process.env.API_PORT ?? 0), '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  if (mode !== 'silent') process.send?.({ type: 'ready', url: `http://127.0.0.1:${port}`, notice: 'as a fixture' });
});
