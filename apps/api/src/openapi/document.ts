/** The OpenAPI document at /docs-json, and the page at /docs that tries it out. */
import type { INestApplication } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { describeOriginHeaders } from '../commands/request-origin.js';

export function serveDocument(application: INestApplication): void {
  SwaggerModule.setup('docs', application, () => describeApi(application), { jsonDocumentUrl: 'docs-json' });
}

export function describeApi(application: INestApplication): OpenAPIObject {
  const description = new DocumentBuilder()
    .setTitle('FedAMoLE Platform')
    .setDescription('Personalised federated fine-tuning of language models. Errors are problem details with a `code`.')
    .setVersion('1')
    .build();
  return describeOriginHeaders(SwaggerModule.createDocument(application, description));
}
