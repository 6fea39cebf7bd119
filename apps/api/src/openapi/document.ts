/** The OpenAPI document at /docs-json, and the page at /docs that tries it out. */
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { OpenAPIObject } from '@nestjs/swagger';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { scopesByDefault, scopesExtension } from '../access/access.guard.js';
import { describeOriginHeaders } from '../commands/request-origin.js';

type PathItem = OpenAPIObject['paths'][string];

export function serveDocument(application: NestExpressApplication): void {
  SwaggerModule.setup('docs', application, () => describeApi(application), {
    jsonDocumentUrl: 'docs-json',
    swaggerOptions: { persistAuthorization: true },
  });
}

function describeApi(application: NestExpressApplication): OpenAPIObject {
  const description = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('FedAMoLE Platform')
    .setDescription('Personalised federated fine-tuning of language models. Errors are problem details with a `code`.')
    .setVersion('1')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'A key of the API.' }, 'key')
    .addSecurityRequirements('key')
    .build();
  const document = SwaggerModule.createDocument(application, description, {
    operationIdFactory: (_controller, method) => method,
  });
  for (const [path, operations] of Object.entries(document.paths)) {
    if (path.startsWith('/v1/')) describeScopes(operations);
  }
  return describeOriginHeaders(document);
}

/** Handlers that say nothing are open to whom the guard lets in then. */
function describeScopes({ get, post, delete: remove }: PathItem): void {
  for (const [method, operation] of Object.entries({ get, post, delete: remove })) {
    if (operation) Object.assign(operation, { [scopesExtension]: scopesByDefault(method), ...operation });
  }
}
