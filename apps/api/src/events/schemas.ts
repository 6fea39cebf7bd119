import { parseCheckpoint } from '@fedamole/event-store';
import { z } from 'zod';
import { pageLimit, wholeNumberText } from '../http/query-parameters.js';

export const eventResource = z
  .strictObject({
    id: z.uuid(),
    cursor: z.string().describe('The `after` that continues behind this event.'),
    stream: z.string(),
    version: z.int().describe('1 for the first event of the stream.'),
    type: z.string(),
    schemaVersion: z.int(),
    data: z.unknown(),
    metadata: z.record(z.string(), z.unknown()),
    recordedAt: z.iso.datetime(),
  })
  .meta({ title: 'Event' });
export type EventResource = z.infer<typeof eventResource>;

export const eventPage = z
  .strictObject({
    events: z.array(eventResource),
    next: z.string().nullable().describe('The `after` of the next page; null where there was nothing more.'),
  })
  .meta({ title: 'EventPage' });
export type EventPage = z.infer<typeof eventPage>;

/** Of one stream: the version of the last event that was seen. */
const version = wholeNumberText(0, 1_000_000_000);
/** Of all streams: the position of the last event that was seen. */
const checkpoint = z
  .string()
  .refine((text) => parseCheckpoint(text) !== null, 'expected the cursor of an event, such as 742')
  .meta({ pattern: '^[0-9]{1,18}$', description: 'Cursor of the last event that was seen.' });

export const streamPosition = z.strictObject({ after: version.optional(), limit: pageLimit.optional() });
export type StreamPosition = z.infer<typeof streamPosition>;

export const allPosition = z.strictObject({ after: checkpoint.optional(), limit: pageLimit.optional() });
export type AllPosition = z.infer<typeof allPosition>;
