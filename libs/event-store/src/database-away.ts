/** Codes of Prisma, of PostgreSQL as it ends or starts, and of the network. */
const away = new Set([
  ...['P1001', 'P1002', 'P1008', 'P1017', 'P2024'],
  ...['57P01', '57P02', '57P03', '08000', '08001', '08003', '08006'],
  ...['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'EPIPE'],
]);

/** What pg and Prisma say of a connection that broke, without a code. */
const broke =
  /Connection terminated|not currently accepting connections|Can't reach database server|Server has closed the connection|timeout exceeded when/;

/** Whether an error of a query says that the database cannot be reached now, and nothing of the query. */
export function isDatabaseAway(error: unknown): error is Error {
  if (typeof error !== 'object' || error === null) return false;
  const { code, message, meta, cause } = error as Partial<Record<'code' | 'message' | 'meta' | 'cause', unknown>>;
  if (typeof code === 'string' && away.has(code)) return true;
  if (code === 'P2010' && typeof meta === 'object' && meta !== null && 'code' in meta && away.has(String(meta.code)))
    return true;
  return (typeof message === 'string' && broke.test(message)) || isDatabaseAway(cause);
}
