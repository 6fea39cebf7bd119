/** The OpenAPI document without a running API: what clients are generated from. */
import { NestFactory } from '@nestjs/core';
import type { OpenAPIObject } from '@nestjs/swagger';
import { ApiModule } from '../api.module.js';
import { Platform } from '../platform/platform.js';
import { describeApi } from './document.js';

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
