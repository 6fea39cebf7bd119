/** A file or buffer that is no valid safetensors, or a tensor that cannot be read or written as asked. */
export class SafetensorsError extends Error {
  override readonly name = 'SafetensorsError';
}
