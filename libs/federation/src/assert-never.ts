/** Ends an exhaustive switch: a variant that nobody handles is a compile error, and at run time a crash that names it. */
export function assertNever(variant: never): never {
  throw new Error(`unhandled variant: ${JSON.stringify(variant)}`);
}
