import { exampleLengths, resourceName, splitSizes } from '@fedamole/federation';
import { z } from 'zod';

const dataset = z
  .strictObject({
    client: resourceName,
    examples: z.int().describe('That are used: the sum of the splits.'),
    splits: splitSizes,
    lengths: exampleLengths.nullable().describe('Null where the base model was not measured on them, or long ago.'),
    distinctTestAnswers: z.int().nullable().describe('Of the test split; null where the base model was not measured.'),
    mostFrequentAnswerRougeL: z
      .number()
      .nullable()
      .describe('ROUGE-L on the test split of the most frequent answer of the training split; null likewise.'),
  })
  .meta({ title: 'Dataset' });
export type DatasetResource = z.infer<typeof dataset>;

export const datasetList = z
  .strictObject({ datasets: z.array(dataset).describe('By client, of those that have answered at all.') })
  .meta({ title: 'DatasetList' });
export type DatasetList = z.infer<typeof datasetList>;
