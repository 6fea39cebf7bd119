/**
 * A job that nobody waits for any more, and that a worker holds: it cannot be removed, so its data say so. The worker
 * looks at them while it runs the job.
 */
import { z } from 'zod';

export const withdrawn = { withdrawn: true } as const;

const schema = z.strictObject({ withdrawn: z.literal(true) });

export const isWithdrawn = (data: unknown): boolean => schema.safeParse(data).success;
