import { adaptedModule, digest, baseModelName } from '@fedamole/federation';
import { z } from 'zod';

export const registerBaseModel = z
  .strictObject({
    name: baseModelName.describe('Name of the folder below the models root.'),
    digest: digest.describe("SHA-256 of the folder's contents, as every trainer will find them."),
    manifest: digest
      .optional()
      .describe(
        'The artifact that lists the files of the folder, each an artifact: trainers without the folder fetch them.',
      ),
  })
  .meta({ title: 'RegisterBaseModel' });
export type RegisterBaseModelBody = z.infer<typeof registerBaseModel>;

export const baseModelResource = z
  .strictObject({
    name: baseModelName,
    digest,
    modules: z.array(adaptedModule).describe('The linear layers that are adapted.'),
    parameterCount: z.int(),
    maxPositions: z.int().describe('Longest sequence in tokens.'),
    manifest: digest.nullable().describe('Of its files in the artifact store; null where they are not there.'),
    registeredAt: z.iso.datetime(),
  })
  .meta({ title: 'BaseModel' });
export type BaseModelResource = z.infer<typeof baseModelResource>;

export const baseModelList = z
  .strictObject({ baseModels: z.array(baseModelResource) })
  .meta({ title: 'BaseModelList' });
export type BaseModelList = z.infer<typeof baseModelList>;
