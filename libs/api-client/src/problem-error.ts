/** The API's refusals and failures: problem details (RFC 9457) as they arrive. */
export interface WrongField {
  readonly field: string;
  readonly value?: unknown;
  readonly message: string;
}

export interface Problem {
  readonly status: number;
  /** Stable, for programs; null where what answered was no API of this platform. */
  readonly code: string | null;
  readonly detail: string;
  readonly errors: readonly WrongField[];
  readonly details: Readonly<Record<string, unknown>>;
}

/** Thrown where the API answers with anything but success; the message names the request and what is wrong with it. */
export class ProblemError extends Error implements Problem {
  override readonly name = 'ProblemError';
  readonly status: number;
  readonly code: string | null;
  readonly detail: string;
  readonly errors: readonly WrongField[];
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    readonly request: string,
    problem: Problem,
  ) {
    super(`${request}: ${problem.detail}`);
    ({
      status: this.status,
      code: this.code,
      detail: this.detail,
      errors: this.errors,
      details: this.details,
    } = problem);
  }
}

/** Thrown where nobody answers at the address, or the connection breaks. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';

  constructor(
    readonly url: string,
    cause: unknown,
  ) {
    super(`Nobody answers at ${url}: ${reasonOf(cause)}`, { cause });
  }
}

export async function problemOf(response: Response): Promise<Problem> {
  const { status } = response;
  const text = await response.text();
  const fields = parsed(text);
  if (typeof fields['detail'] !== 'string') {
    return { status, code: null, detail: `status ${status}: ${text.slice(0, 500)}`, errors: [], details: {} };
  }
  return {
    status,
    code: typeof fields['code'] === 'string' ? fields['code'] : null,
    detail: fields['detail'],
    errors: Array.isArray(fields['errors']) ? (fields['errors'] as WrongField[]) : [],
    details: isRecord(fields['details']) ? fields['details'] : {},
  };
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const content: unknown = JSON.parse(text);
    return isRecord(content) ? content : {};
  } catch {
    // no problem document, such as a proxy's page: it is shown as it is
    return {};
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** fetch says "fetch failed" and keeps the reason as its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof AggregateError) return reasonOf(error.cause.errors[0]);
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message || error.name;
}
