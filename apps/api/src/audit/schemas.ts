import { z } from 'zod';
import { pageLimit, wholeNumberText } from '../http/query-parameters.js';

const moment = z.iso.datetime({ offset: true });

export const auditFilter = z.strictObject({
  actor: z.string().max(200).optional().describe('Such as `key:` and the identifier of a key.'),
  action: z.string().max(100).optional().describe('Operation, such as `startFederation`.'),
  requestId: z.string().max(200).optional(),
  outcome: z
    .enum(['done', 'refused', 'failed', 'unknown'])
    .optional()
    .describe('`unknown` are those that are under way, and those amid which the api ended.'),
  since: moment.optional(),
  until: moment.optional().describe('Up to, and without, this time.'),
  limit: pageLimit.optional().describe('50 when left out.'),
  after: wholeNumberText(0, 999_999_999_999_999)
    .optional()
    .describe('Identifier of the last entry of the page before.'),
});
export type AuditFilter = z.infer<typeof auditFilter>;

export const auditResource = z
  .strictObject({
    id: z.string(),
    at: z.iso.datetime(),
    requestId: z.string().describe('The correlation id of the events that it led to.'),
    actor: z.string().describe('`key:` and its identifier; `operator` where no keys are asked for; `command-line`.'),
    actorDescription: z.string().nullable(),
    action: z.string().describe('Operation of this document.'),
    target: z.string().describe('Method and path.'),
    status: z.int().nullable().describe('Null until it is answered, and for good where the api ended before.'),
    code: z.string().nullable().describe('Of the problem, where it was refused.'),
  })
  .meta({ title: 'AuditEntry' });
export type AuditResource = z.infer<typeof auditResource>;

export const auditPage = z
  .strictObject({
    entries: z.array(auditResource).describe('Newest first.'),
    next: z.string().nullable().describe('The `after` of the next page; null where there is nothing more.'),
  })
  .meta({ title: 'AuditPage' });
export type AuditPage = z.infer<typeof auditPage>;
