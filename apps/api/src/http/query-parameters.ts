import { z } from 'zod';

/** A whole number as it arrives in a URL. */
export const wholeNumberText = (minimum: number, maximum: number) =>
  z
    .string()
    .refine(
      (text) => /^\d{1,15}$/.test(text) && Number(text) >= minimum && Number(text) <= maximum,
      `expected a whole number from ${minimum} to ${maximum}`,
    )
    .transform(Number)
    .meta({ type: 'integer', minimum, maximum });

export const pageLimit = wholeNumberText(1, 500);
export const byRound = z.strictObject({ round: wholeNumberText(0, 10_000).optional() });
export type ByRound = z.infer<typeof byRound>;
