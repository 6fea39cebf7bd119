/** Prisma's schema engine, compiled to WebAssembly, on a database or on none. */
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import * as glue from '@prisma/schema-engine-wasm/schema_engine_bg';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from './connection.mjs';
import { connectToShadowDatabase } from './databases.mjs';

const adapterOf = { provider: 'postgres', adapterName: '@prisma/adapter-pg' };

/** The package's own entry wants a bundler to load the module; Node loads it by hand. */
function instantiate() {
  const script = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const module = new WebAssembly.Module(readFileSync(script.replace(/\.js$/, '.wasm')));
  const instance = new WebAssembly.Instance(module, { './schema_engine_bg.js': glue });
  glue.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
}

let instantiated = false;

async function engineOn(factory) {
  if (!instantiated) instantiate();
  instantiated = true;
  return glue.SchemaEngine.new({ datamodels: undefined }, () => {}, bindMigrationAwareSqlAdapterFactory(factory));
}

export const engineOnDatabase = ({ url, shadowDatabaseUrl }) =>
  engineOn({
    ...adapterOf,
    connect: () => connect(url),
    connectToShadowDb: () => (shadowDatabaseUrl ? connect(shadowDatabaseUrl) : connectToShadowDatabase(url)),
  });

/** Compares schema files with each other or with nothing; a database that does not exist answers every question. */
export const engineWithoutDatabase = () =>
  engineOn({ ...adapterOf, connect: unconnected, connectToShadowDb: unconnected });

async function unconnected() {
  return {
    ...adapterOf,
    getConnectionInfo: () => ({ schemaName: 'public', supportsRelationJoins: true }),
    queryRaw: async () => ({ columnNames: [], columnTypes: [], rows: [] }),
    executeRaw: async () => 0,
    executeScript: async () => {},
    startTransaction: async () => {
      throw new Error('this comparison needs a database');
    },
    dispose: async () => {},
  };
}
