/**
 * What a queue on PostgreSQL says when its server goes away, in BullMQ's terms. BullMQ repeats a call that failed for want
 * of a connection, and takes every other error of storing a result for a failed attempt of the job; of PostgreSQL's own
 * errors it knows a refused connection only.
 */
import type { IQueueBackend } from 'bullmq';
import { ConnectionClosedError } from 'bullmq';

/** SQLSTATE: class 08 connection exceptions, 57P01 to 57P03 shutdown and recovery, 53300 too many connections. */
const states = /^(08...|57P0[123]|53300)$/;
const systemCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH']);
/** Of node-postgres itself, which gives these no code. */
const messages =
  /^Connection terminated|connection error and is not queryable|^timeout exceeded when trying to connect/;

export function isConnectionLoss(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  return states.test(code) || systemCodes.has(code) || messages.test(error.message);
}

/** The backend, whose calls reject with a ConnectionClosedError where the server was lost. */
export function namingConnectionLoss(backend: IQueueBackend): IQueueBackend {
  return new Proxy(backend, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return (...parameters: unknown[]): unknown => {
        const returned: unknown = Reflect.apply(member, target, parameters);
        return returned instanceof Promise ? returned.catch(rethrow) : returned;
      };
    },
  });
}

function rethrow(error: unknown): never {
  if (error instanceof Error && isConnectionLoss(error)) throw new ConnectionClosedError(error.message, error);
  throw error;
}
