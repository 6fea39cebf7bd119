/** The OpenAPI document of the API: what Swagger's page shows, and what clients are generated from. */
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { OpenAPIObject } from '@nestjs/swagger';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { ApiModule } from './api.module.js';
import { describeOriginHeaders } from './commands/request-origin.js';
import { Platform } from './platform/platform.js';

export function describeApi(application: INestApplication): OpenAPIObject {
  const description = new DocumentBuilder()
    .setTitle('FedAMoLE Platform')
    .setDescription('Personalised federated fine-tuning of language models. Errors are problem details with a `code`.')
    .setVersion('1')
    .build();
  return describeOriginHeaders(SwaggerModule.createDocument(application, description));
}

/** Without a database, a queue or a port: in Nest's preview mode no provider and no controller is made. */
export async function buildDocument(): Promise<OpenAPIObject> {
  const application = await NestFactory.create(ApiModule.on(Platform.prototype), {
    preview: true,
    abortOnError: false,
    logger: false,
  });
  try {
    return describeApi(application);
  } finally {
    await application.close();
  }
}
