/** What scripts can tell from a command's end, and what people are told. */
import { ProblemError, UnreachableError } from '@fedamole/api-client';
import { UsageError } from '../usage-error.js';

export const exitStatus = {
  done: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  refused: 4,
  unreachable: 5,
} as const;

export const exitStatusMeanings: Readonly<Record<keyof typeof exitStatus, string>> = {
  done: 'done',
  failed: 'failed: what was asked for was tried and did not succeed, or is not as it has to be',
  usage: 'the command line is wrong',
  notFound: 'what was named does not exist',
  refused: 'the platform refused it: wrong fields, a conflict, or a key without the right',
  unreachable: 'nobody answers at the address',
};

/** Thrown where what was asked for did not succeed, such as a federation that failed. */
export class FailedError extends Error {
  override readonly name: string = 'FailedError';
}

/** Thrown where the platform said that it would refuse what was asked about. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
}

/** Thrown where what was named does not exist. */
export class NotFoundError extends Error {
  override readonly name = 'NotFoundError';
}

/** Thrown where no platform was named, and none runs on this machine. */
export class NothingRunsError extends Error {
  override readonly name = 'NothingRunsError';

  constructor(stateFolder: string) {
    super(
      `No platform runs on ${stateFolder}: start one with "fedamole up", or name one with --url or FEDAMOLE_API_URL.`,
    );
  }
}

export interface Failure {
  readonly status: number;
  /** Stable, for programs. */
  readonly code: string;
  readonly message: string;
  readonly errors?: readonly { readonly field: string; readonly message: string }[];
}

/** A stack only where it is a mistake of this program. */
export function failureOf(error: unknown): Failure {
  if (error instanceof UsageError) return { status: exitStatus.usage, code: 'USAGE', message: error.message };
  if (error instanceof NotFoundError) return { status: exitStatus.notFound, code: 'NOT_FOUND', message: error.message };
  if (error instanceof RefusedError) return { status: exitStatus.refused, code: 'REFUSED', message: error.message };
  if (error instanceof FailedError) return { status: exitStatus.failed, code: 'FAILED', message: error.message };
  if (error instanceof UnreachableError || error instanceof NothingRunsError) {
    return { status: exitStatus.unreachable, code: 'UNREACHABLE', message: error.message };
  }
  if (error instanceof ProblemError) return failureOfProblem(error);
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { status: exitStatus.failed, code: 'INTERNAL_ERROR', message };
}

function failureOfProblem(problem: ProblemError): Failure {
  const { status, code, detail, errors } = problem;
  const fields = errors.map(({ field, message }) => `\n  ${field}: ${message}`).join('');
  return {
    status: statusOfProblem(status),
    code: code ?? `HTTP_${status}`,
    message: (errors.length > 0 ? `Refused:${fields}` : detail) + adviceOn(problem),
    ...(errors.length > 0 ? { errors } : {}),
  };
}

function statusOfProblem(status: number): number {
  if (status === 404) return exitStatus.notFound;
  return status < 500 ? exitStatus.refused : exitStatus.failed;
}

function adviceOn({ status, code, request }: ProblemError): string {
  if (status === 401) return '\nGive a key with --key or FEDAMOLE_API_KEY; "fedamole keys create" makes one.';
  if (status === 403) return "\nThe key's scope does not allow it.";
  if (code === 'NO_SUCH_ROUTE') return `\nThis platform does not know ${request}: is it an older release?`;
  return '';
}
