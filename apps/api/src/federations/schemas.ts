/** What is asked of federations, and how they are shown. */
import {
  adaptedModule,
  baseModelName,
  baseModelReference,
  federationConfiguration,
  federationStatuses,
  resolvedConfiguration,
  resourceName,
  weightForm,
  weightFormComparison,
} from '@fedamole/federation';
import { z } from 'zod';
import { printableText } from '../http/printable-text.js';
import { pageLimit } from '../http/query-parameters.js';

export const createFederation = z
  .strictObject({
    name: printableText(200).optional().describe('What people call it; its identifier when left out.'),
    baseModel: baseModelName.describe('Name of a registered base model.'),
    clients: z.array(resourceName).min(1).max(10_000).describe('Names of registered clients.'),
    configuration: federationConfiguration.prefault({}),
  })
  .meta({ title: 'CreateFederation' });
export type CreateFederationBody = z.infer<typeof createFederation>;

export const federationStatus = z.enum(federationStatuses);

export const federationResource = z
  .strictObject({
    id: resourceName,
    version: z.int().describe('Of its last event. In quotes it is the ETag, for If-Match.'),
    name: z.string(),
    status: federationStatus,
    pauseCause: z
      .enum(['operator', 'quorum', 'infeasible'])
      .nullable()
      .describe('Null unless it is paused: by an operator, for too few answers, or as no experts could be assigned.'),
    reason: z.string().nullable().describe('Why it is paused, failed or was cancelled.'),
    parent: z
      .strictObject({ federationId: resourceName, round: z.int() })
      .meta({ title: 'FederationParent' })
      .nullable()
      .describe('The round of another federation that it was forked from.'),
    baseModel: baseModelReference,
    modules: z.array(adaptedModule),
    clients: z.array(resourceName).describe('Everyone who ever belonged to it, by name.'),
    left: z.array(resourceName).describe('Those of them who have left.'),
    configuration: resolvedConfiguration,
    weightForm: weightForm
      .nullable()
      .describe('How frozen weights are held in training; null while "auto" has not come to a form.'),
    weightFormsCompared: z
      .array(weightFormComparison)
      .nullable()
      .describe(
        'What "auto" was decided by, after all baselines, float32 first; null before, and where a form was configured.',
      ),
    round: z.int().describe('The round that was started last; 0 measures the base model.'),
    rounds: z.int(),
    createdAt: z.iso.datetime(),
    startedAt: z.iso.datetime().nullable(),
    finishedAt: z.iso.datetime().nullable(),
  })
  .meta({ title: 'Federation' });
export type FederationResource = z.infer<typeof federationResource>;

export const federationFilter = z.strictObject({
  status: federationStatus.optional(),
  limit: pageLimit.optional().describe('50 when left out.'),
  after: resourceName.optional().describe('Identifier of the last federation of the page before.'),
});
export type FederationFilter = z.infer<typeof federationFilter>;

const share = z.number().min(0).max(1).nullable();

export const federationPage = z
  .strictObject({
    federations: z
      .array(
        z
          .strictObject({
            id: resourceName,
            name: z.string(),
            status: federationStatus,
            reason: z.string().nullable(),
            baseModel: baseModelName,
            clients: z.array(resourceName),
            round: z.int(),
            rounds: z.int(),
            baselineRougeL: share.describe('Mean over the clients that measured it; null until round 0 has closed.'),
            lastRougeL: share,
            bestRougeL: share.describe('In the best round.'),
            baselineAccuracy: share.describe(
              'Mean over the clients whose test examples have choices; null where none has.',
            ),
            lastAccuracy: share,
            bestAccuracy: share.describe('In the best round.'),
            bestScore: share.describe('Mean over all clients of ROUGE-L, or of accuracy where nothing is generated.'),
            bestRound: z.int().nullable().describe('The round of the highest mean score.'),
            createdAt: z.iso.datetime(),
            finishedAt: z.iso.datetime().nullable(),
          })
          .meta({ title: 'FederationSummary' }),
      )
      .describe('Newest first.'),
    next: resourceName.nullable().describe('The `after` of the next page.'),
  })
  .meta({ title: 'FederationPage' });
export type FederationPageResource = z.infer<typeof federationPage>;
