/** The kinds of values that environment variables hold. All arrive as text. */
import { accessSync, constants, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';

export function wholeNumber(minimum: number, maximum: number, byDefault: number) {
  const limit = `expected a whole number from ${minimum} to ${maximum}`;
  return z
    .string()
    .default(String(byDefault))
    .refine((text) => /^\d{1,15}$/.test(text) && Number(text) >= minimum && Number(text) <= maximum, limit)
    .transform(Number);
}

/** A port; 0 asks the system for any free one. */
export const port = (byDefault: number) => wholeNumber(0, 65_535, byDefault);

/** Mebibytes; becomes bytes. By default room for the uploads of a round of ten clients, twice over. */
export const leastFreeBytes = wholeNumber(0, 1_000_000_000, 512).transform((mebibytes) => mebibytes * 2 ** 20);

/** An existing folder that this process may use as `access` says; becomes an absolute path. */
export function folder(access: 'read' | 'read and write') {
  const mode = access === 'read' ? constants.R_OK | constants.X_OK : constants.R_OK | constants.W_OK | constants.X_OK;
  return z.string('expected the path of a folder').transform((path, context) => {
    const absolute = resolve(path);
    try {
      if (!statSync(absolute).isDirectory()) context.addIssue(`${absolute} is not a folder`);
      else accessSync(absolute, mode);
    } catch (error) {
      const code = codeOf(error);
      context.addIssue(code === 'ENOENT' ? `there is no folder ${absolute}` : `cannot ${access} ${absolute}: ${code}`);
    }
    return absolute;
  });
}

/** An existing file or folder that may be read; becomes an absolute path. */
export const dataPath = z.string().transform((path, context) => {
  const absolute = resolve(path);
  try {
    accessSync(absolute, constants.R_OK);
  } catch (error) {
    const code = codeOf(error);
    context.addIssue(code === 'ENOENT' ? `there is no ${absolute}` : `cannot read ${absolute}: ${code}`);
  }
  return absolute;
});

/** The system's code of a failed call, such as ENOENT. */
export function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error);
}

export const postgresUrl = z.url({
  protocol: /^postgres(ql)?$/,
  error: 'expected postgres://user:password@host:port/database',
});
export const redisUrl = z.url({ protocol: /^rediss?$/, error: 'expected redis://host:port' });

/** Below it a collector takes traces at `/v1/traces`. */
export const otlpEndpoint = z
  .url({ protocol: /^https?$/, error: 'expected http://host:port or https://host:port' })
  .optional();

export const host = z.string().default('127.0.0.1');

export const logLevel = z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info');
