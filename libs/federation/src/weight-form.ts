import { z } from 'zod';

/** How trainers hold the frozen weights of the base model: exactly, or in 16, 8 or 4 bits. */
export const weightForm = z.enum(['float32', 'bfloat16', 'int8', 'int4']);
export type WeightForm = z.infer<typeof weightForm>;

/** Of frozen weights; "auto" measures in float32 first. */
export const bytesPerWeight: Readonly<Record<WeightForm | 'auto', number>> = {
  float32: 4,
  auto: 4,
  bfloat16: 2,
  int8: 1,
  int4: 0.5,
};
