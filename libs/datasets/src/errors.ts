/** Data or a tokenizer that cannot be used; the message begins with the file, and the line where there is one. */
export class DatasetError extends Error {
  override readonly name = 'DatasetError';
}
