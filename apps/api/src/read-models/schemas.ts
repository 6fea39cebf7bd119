import { z } from 'zod';

export const readModelsResource = z
  .strictObject({
    position: z.int().describe('Of the last event that the read models know of.'),
    end: z.int().describe("Of the log's last event."),
    version: z.int().describe('Of the projections that wrote the rows.'),
    currentVersion: z.int().describe("Of this release's projections."),
    rebuilding: z.int().nullable().describe('Position that a rebuild has come to; null while none runs.'),
  })
  .meta({ title: 'ReadModels' });
export type ReadModelsResource = z.infer<typeof readModelsResource>;
