import { z } from 'zod';

/** Text that people read: some characters, no control characters (Postgres could not store NUL). */
export const printableText = (longest: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(longest)
    .regex(/^[^\p{Cc}]*$/u, 'no control characters');
