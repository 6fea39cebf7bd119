/** Every rule that can refuse a command. The codes are part of the public API: they never change their meaning. */
export const domainErrorCodes = [
  'BASE_MODEL_CONFLICT',
  'CLIENT_CONFLICT',
  'CLIENT_NOT_IN_FEDERATION',
  'CLIENTS_NOT_DISTINCT',
  'CONFIGURATION_CONFLICT',
  'FEDERATION_ALREADY_EXISTS',
  'FEDERATION_ALREADY_FINISHED',
  'FEDERATION_INFEASIBLE',
  'FEDERATION_NOT_FOUND',
  'FEDERATION_NOT_RUNNING',
  'FEDERATION_PAUSED',
  'LAST_CLIENT',
  'NO_ROOM_FOR_PROMPTS',
  'RESULT_REFUSED',
  'ROUND_ALREADY_CLOSED',
  'ROUND_NOT_STARTED',
  'ROUND_WITHOUT_POOL',
] as const;
export type DomainErrorCode = (typeof domainErrorCodes)[number];

/** A rule refused a command; nothing was changed. `details` are machine-readable and safe to show. */
export class DomainError extends Error {
  override readonly name = 'DomainError';

  constructor(
    readonly code: DomainErrorCode,
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }
}
