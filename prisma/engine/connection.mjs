/**
 * A connection of the schema engine over @prisma/adapter-pg, with the two things that the engine needs and the adapter
 * does not do: reading Postgres' one-byte "char", and running a script as a whole.
 */
import { PrismaPg } from '@prisma/adapter-pg';
import { ColumnTypeEnum, DriverAdapterError } from '@prisma/driver-adapter-utils';
import pg from 'pg';

/** Type identifiers of "char", which the catalogue's queries return, and of its array, which they never do. */
const charType = 18;
const charArrayType = 1002;

/** Connects to the database of a URL. The engine works on one connection at a time. */
export async function connect(connectionString) {
  const pool = new (queryingChar(pg.Pool))({ connectionString, Client: queryingChar(pg.Client), max: 1 });
  const adapter = await new PrismaPg(pool, { disposeExternalPool: true }).connect();
  adapter.executeScript = (script) => executeWhole(pool, script);
  return readingChar(adapter);
}

/** The adapter cannot decode "char", but can decode its array: so results are passed off as arrays... */
function queryingChar(base) {
  return class extends base {
    query(...parameters) {
      const pending = super.query(...parameters);
      // A pool asks its clients by callback; only the answers to promises reach the adapter.
      return typeof pending?.then === 'function' ? pending.then(asCharArrays) : pending;
    }
  };
}

function asCharArrays(results) {
  for (const result of [results].flat()) {
    for (const field of result?.fields ?? []) if (field.dataTypeID === charType) field.dataTypeID = charArrayType;
  }
  return results;
}

/** ... and named what they are after decoding. Transactions are connections of their own. */
function readingChar(connection) {
  const queryRaw = connection.queryRaw.bind(connection);
  connection.queryRaw = async (query) => {
    const result = await queryRaw(query);
    const named = (type) => (type === ColumnTypeEnum.CharacterArray ? ColumnTypeEnum.Character : type);
    return { ...result, columnTypes: result.columnTypes.map(named) };
  };
  if (connection.startTransaction) {
    const startTransaction = connection.startTransaction.bind(connection);
    connection.startTransaction = async (isolation) => readingChar(await startTransaction(isolation));
  }
  return connection;
}

/** The adapter would split a script at every semicolon, also within a function's body; Postgres takes it as it is. */
async function executeWhole(pool, script) {
  try {
    await pool.query(script);
  } catch (error) {
    throw new DriverAdapterError({
      kind: 'postgres',
      code: error.code ?? 'XX000',
      severity: error.severity ?? 'ERROR',
      message: error.message,
      detail: error.detail,
      column: error.column,
      hint: error.hint,
      originalCode: error.code,
      originalMessage: error.message,
    });
  }
}
