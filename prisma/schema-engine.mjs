#!/usr/bin/env node
/**
 * Stands in for Prisma's schema-engine binary, which Prisma would download from a host of its own: the same engine out
 * of @prisma/schema-engine-wasm, behind the same command line and the same JSON-RPC over standard input and output.
 * Limits: PostgreSQL's `public` schema, and no query parameters on the URL when databases are made or dropped.
 */
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { createDatabase, dropDatabase, probeDatabase } from './engine/databases.mjs';
import { engineOnDatabase, engineWithoutDatabase } from './engine/wasm-engine.mjs';

const parameters = process.argv.slice(2);
const valueAfter = (name) => (parameters.includes(name) ? parameters[parameters.indexOf(name) + 1] : undefined);
const datasource = JSON.parse(valueAfter('--datasource') ?? '{}');
datasource.url ??= process.env.DATABASE_URL;

if (parameters.includes('--version')) {
  const { enginesVersion } = createRequire(import.meta.url)('@prisma/engines-version');
  process.stdout.write(`schema-engine-cli ${enginesVersion}\n`);
} else if (parameters.includes('cli')) {
  await runCommand(valueAfter('cli'));
} else {
  serve();
}

async function runCommand(name) {
  const commands = {
    'can-connect-to-database': probeDatabase,
    'create-database': createDatabase,
    'drop-database': dropDatabase,
  };
  try {
    if (!Object.hasOwn(commands, name)) throw new Error(`unknown command "${name}"`);
    await commands[name](datasource.url);
  } catch (error) {
    // Prisma's own codes for what Postgres or the network answered; it skips the first line and parses the rest.
    const codes = { '3D000': 'P1003', '28P01': 'P1000' };
    const fields = {
      message: error.message || String(error.code),
      error_code: codes[error.code] ?? 'P1001',
      is_panic: false,
    };
    const line = { timestamp: new Date().toISOString(), level: 'ERROR', target: 'schema_engine::logger', fields };
    process.stderr.write(`schema-engine\n${JSON.stringify(line)}\n`);
    process.exitCode = 1;
  }
}

/** One request at a time, in the order of their arrival. */
function serve() {
  const engines = {};
  const engineFor = (method, { from, to } = {}) => {
    const offline = method === 'diff' && [from, to].every(({ tag }) => tag === 'empty' || tag === 'schemaDatamodel');
    return offline ? (engines.offline ??= engineWithoutDatabase()) : (engines.online ??= engineOnDatabase(datasource));
  };
  let previous = Promise.resolve();
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    previous = previous.then(() => answer(JSON.parse(line), engineFor));
  });
  lines.on('close', () => previous.then(() => process.exit()));
}

async function answer({ id, method, params }, engineFor) {
  // A response to a request of ours: nothing to answer.
  if (method === undefined) return;
  try {
    const result = await call(method, params, engineFor);
    if (method === 'diff' && typeof result?.stdout === 'string') {
      // The binary prints a difference by asking its client to.
      send({ id: `print-${id}`, method: 'print', params: { content: result.stdout } });
    }
    send({ id, result: result ?? null });
  } catch (error) {
    const data = {
      is_panic: false,
      message: error?.message ?? String(error),
      meta: error?.meta ?? null,
      error_code: error?.code ?? null,
    };
    send({ id, error: { code: 4466, message: 'An error happened. Check the data field for details.', data } });
  }
}

async function call(method, params, engineFor) {
  if (method === 'createDatabase') return { databaseName: await createDatabase(datasource.url) };
  const engine = await engineFor(method, params);
  return method === 'getDatabaseVersion' ? engine.version() : engine[method](params);
}

function send(message) {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
}
