/** Reads fields of a Hugging Face config.json, each with an error that names the field, its value and what it may be. */

/** Thrown where a model's configuration is incomplete, malformed or of a kind that is not supported. */
export class UnsupportedModelError extends Error {
  override readonly name = 'UnsupportedModelError';
}

export type ConfigurationFields = Readonly<Record<string, unknown>>;

export function asFields(value: unknown, what: string): ConfigurationFields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UnsupportedModelError(`${what}: expected an object, found ${JSON.stringify(value)}`);
  }
  return value as ConfigurationFields;
}

/** A positive whole number; `fallback` where the field is missing or null. */
export function positiveInteger(fields: ConfigurationFields, name: string, fallback?: number): number {
  const value = fields[name] ?? fallback;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1)
    throw mismatch(name, value, 'a positive whole number');
  return value;
}

export function positiveNumber(fields: ConfigurationFields, name: string, fallback?: number): number {
  const value = fields[name] ?? fallback;
  if (typeof value !== 'number' || !(value > 0) || !Number.isFinite(value))
    throw mismatch(name, value, 'a positive number');
  return value;
}

export function flag(fields: ConfigurationFields, name: string, fallback: boolean): boolean {
  const value = fields[name] ?? fallback;
  if (typeof value !== 'boolean') throw mismatch(name, value, 'true or false');
  return value;
}

export function oneOf<T extends string>(
  fields: ConfigurationFields,
  name: string,
  allowed: readonly T[],
  fallback?: T,
): T {
  const value = fields[name] ?? fallback;
  if (!allowed.some((option) => option === value))
    throw mismatch(name, value, allowed.map((option) => `"${option}"`).join(' or '));
  return value as T;
}

function mismatch(name: string, value: unknown, expected: string): UnsupportedModelError {
  const found = value === undefined ? 'is missing' : `is ${JSON.stringify(value)}`;
  return new UnsupportedModelError(`config.json: ${name} ${found}; expected ${expected}`);
}
