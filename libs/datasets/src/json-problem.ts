/**
 * What is wrong with a text that is not JSON, without the piece of it that the parser quotes: it is a client's, and
 * messages leave the client's trainer.
 */
export function jsonProblem(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/,? ?(\.\.\.)?"[\s\S]*$/, '');
}
