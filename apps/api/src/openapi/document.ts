/** The OpenAPI document at /docs-json, and the page at /docs that tries it out. */
import type { INestApplication } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { scopesByDefault, scopesExtension } from '../access/access.guard.js';
import { describeOriginHeaders } from '../commands/request-origin.js';
import { problem } from '../http/problem.js';
import { z } from 'zod';
import { describeHeaders } from './headers.js';
import { nameSchemas } from './named-schemas.js';
import { describeRefusals, type Operation } from './refusals.js';
import { showExamples } from './show-examples.js';

const introduction = `Personalised federated fine-tuning of language models with a mixture of LoRA experts.

Everything below \`/v1\` asks for a key: \`Authorization: Bearer <key>\`. Errors are problem details (RFC 9457) with a stable
\`code\`. Every POST takes an \`Idempotency-Key\`. Long lists are read page by page: \`next\` of a page is \`after\` of the following one.
A GET with the \`ETag\` of an earlier answer under \`If-None-Match\` is answered 304, without a body, where nothing has changed.`;

const tags = {
  'base models': 'Models that are fine-tuned.',
  clients: 'Those whose data stay where their trainers run.',
  federations: 'From creation to the end.',
  results: 'What rounds measured, who holds which experts, and the adapters that came out.',
  events: 'Everything that happened, in its order.',
  operations: 'What keeps the platform going.',
  access: 'Keys, and who asked for what.',
  health: 'For whoever keeps the process running.',
};

export function serveDocument(application: INestApplication): void {
  SwaggerModule.setup('docs', application, () => describeApi(application), {
    jsonDocumentUrl: 'docs-json',
    swaggerOptions: { persistAuthorization: true },
  });
}

export function describeApi(application: INestApplication): OpenAPIObject {
  const description = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('FedAMoLE Platform')
    .setDescription(introduction)
    .setVersion('1')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addServer('/')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'A key of the API.' }, 'key')
    .addSecurityRequirements('key');
  for (const [name, words] of Object.entries(tags)) description.addTag(name, words);
  const document = SwaggerModule.createDocument(application, description.build(), {
    operationIdFactory: (_controller, method) => method,
  });
  for (const [path, { get, post, delete: remove }] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries({ get, post, delete: remove })) {
      if (operation) completeOperation(path, method, operation);
    }
  }
  document.components = { ...document.components, schemas: { Problem: problemSchema } };
  return showExamples(nameSchemas(describeHeaders(describeOriginHeaders(document))));
}

const problemSchema = z.toJSONSchema(problem.meta({ title: 'Problem' })) as never;

function completeOperation(path: string, method: string, operation: Operation): void {
  const scopes: unknown = Reflect.get(operation, scopesExtension) ?? scopesByDefault(method);
  const open = path.startsWith('/v1/')
    ? `Open to keys of scope ${(scopes as string[]).join(', ')}.`
    : 'Open to everybody.';
  operation.description = [operation.description, open].filter(Boolean).join(' ');
  if (path.startsWith('/v1/')) Object.assign(operation, { [scopesExtension]: scopes });
  for (const parameter of operation.parameters ?? []) {
    if (!('$ref' in parameter)) parameter.description ??= pathParameters[parameter.name] ?? '';
  }
  // A body of which every field may be left out may be left out itself.
  const body = operation.requestBody;
  if (body && 'content' in body) {
    const schema = body.content['application/json']?.schema;
    if (schema && 'default' in schema) body.required = false;
  }
  describeRefusals(path, method, operation);
}

/** Path parameters bring no words of their own. */
const pathParameters: Readonly<Record<string, string>> = {
  id: 'Identifier.',
  name: 'Name.',
  client: 'Name of a client.',
  digest: 'SHA-256 of its bytes.',
  round: 'Number of the round; 0 measures the base model.',
};
