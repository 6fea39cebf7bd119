/** What the person who started a benchmark can mend: shown without a stack. */
export class BenchmarkError extends Error {
  override readonly name = 'BenchmarkError';
}
