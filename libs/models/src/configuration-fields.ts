/** Reads fields of a Hugging Face config.json, each with an error that names the field, its value and what it may be. */

/** Thrown where a model's configuration is incomplete, malformed or of a kind that is not supported. */
export class UnsupportedModelError extends Error {
  override readonly name = 'UnsupportedModelError';
}

/** An object of config.json, which remembers the fields that were asked for. A field that is null counts as left out. */
export class ConfigurationFields {
  private readonly asked = new Set<string>();

  private constructor(
    private readonly values: Readonly<Record<string, unknown>>,
    private readonly path: string,
  ) {}

  /** The whole file's contents. */
  static of(contents: unknown): ConfigurationFields {
    return new ConfigurationFields(asObject(contents, 'config.json'), '');
  }

  /** The object that a field holds; null where it is left out or empty. */
  section(name: string): ConfigurationFields | null {
    const value = this.value(name);
    if (value === undefined) return null;
    const fields = asObject(value, `config.json: ${this.path}${name}`);
    return Object.keys(fields).length === 0 ? null : new ConfigurationFields(fields, `${this.path}${name}.`);
  }

  value(name: string): unknown {
    this.asked.add(name);
    return this.values[name] ?? undefined;
  }

  /** Whether the field is spelled out, be it as null. */
  has(name: string): boolean {
    return name in this.values;
  }

  /** A whole number of at least `minimum`. */
  integer(name: string, fallback?: number, minimum = 1): number {
    const value = this.value(name) ?? fallback;
    if (typeof value === 'number' && Number.isInteger(value) && value >= minimum) return value;
    throw this.mismatch(name, value, minimum === 1 ? 'a positive whole number' : `a whole number from ${minimum} on`);
  }

  /** A positive whole number; null where the field is null, `fallback` where it is missing. */
  optionalInteger(name: string, fallback: number | null = null): number | null {
    const value = this.value(name) ?? (this.has(name) ? null : fallback);
    return value === null ? null : this.integer(name, fallback ?? undefined);
  }

  number(name: string, fallback?: number): number {
    const value = this.value(name) ?? fallback;
    if (typeof value === 'number' && value > 0 && Number.isFinite(value)) return value;
    throw this.mismatch(name, value, 'a positive number');
  }

  /** A positive number; null where the field is null, `fallback` where it is missing. */
  optionalNumber(name: string, fallback: number | null = null): number | null {
    const value = this.value(name) ?? (this.has(name) ? null : fallback);
    return value === null ? null : this.number(name, fallback ?? undefined);
  }

  /** A list of `count` positive numbers. */
  numbers(name: string, count: number): number[] {
    const value = this.value(name);
    const positive = (element: unknown): boolean => typeof element === 'number' && element > 0;
    if (Array.isArray(value) && value.length === count && value.every(positive)) return value as number[];
    throw this.mismatch(name, value, `a list of ${count} positive numbers`);
  }

  /** `fallback` where the field is missing; null is false, as in Python. */
  flag(name: string, fallback: boolean): boolean {
    const value = this.value(name) ?? (this.has(name) ? false : fallback);
    if (typeof value === 'boolean') return value;
    throw this.mismatch(name, value, 'true or false');
  }

  oneOf<T extends string>(name: string, allowed: readonly T[], fallback?: T): T {
    const value = this.value(name) ?? fallback;
    if (allowed.some((option) => option === value)) return value as T;
    throw this.mismatch(name, value, allowed.map((option) => `"${option}"`).join(' or '));
  }

  /** The error that refuses a field's value. */
  refusal(name: string, expected: string): UnsupportedModelError {
    return this.mismatch(name, this.value(name), expected);
  }

  /** The fields that say something and that nothing has asked for. */
  ignored(): string[] {
    return Object.keys(this.values).filter((name) => !this.asked.has(name) && (this.values[name] ?? null) !== null);
  }

  private mismatch(name: string, value: unknown, expected: string): UnsupportedModelError {
    const found = value === undefined ? 'is missing' : `is ${abridged(value)}`;
    return new UnsupportedModelError(`config.json: ${this.path}${name} ${found}; expected ${expected}`);
  }
}

function asObject(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new UnsupportedModelError(`${what}: expected an object, found ${abridged(value)}`);
}

/** A value as JSON, cut where it is long: a quantisation's settings may list every layer. */
function abridged(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= 100 ? text : `${text.slice(0, 100)}...`;
}
