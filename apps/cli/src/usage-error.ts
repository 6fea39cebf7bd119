/** Thrown where the command line is wrong; says what to write instead. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
