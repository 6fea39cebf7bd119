/** Headers that answers carry. */
import type { OpenAPIObject } from '@nestjs/swagger';
import { requestIdHeader } from '../access/authentication.js';

const text = (description: string) => ({ description, schema: { type: 'string' as const } });

const requestId = { [requestIdHeader]: text('What the log, the audit and the events call the request.') };
const entityTag = { ETag: text('Version of the federation, in quotes: for `If-Match`.') };

export function describeHeaders(document: OpenAPIObject): OpenAPIObject {
  for (const { get, post, delete: remove } of Object.values(document.paths)) {
    for (const operation of [get, post, remove]) {
      for (const [status, response] of Object.entries(operation?.responses ?? {})) {
        if (!response || !('description' in response)) continue;
        const tagged = status.startsWith('2') && isFederation(response.content?.['application/json']?.schema);
        response.headers = { ...requestId, ...(tagged ? entityTag : {}), ...response.headers };
      }
    }
  }
  return document;
}

/** Before schemas have become references to their names. */
const isFederation = (schema: object | undefined): boolean =>
  schema !== undefined && 'title' in schema && schema.title === 'Federation';
