import type { DynamicModule } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { BaseModelsController } from './base-models/base-models.controller.js';
import { BaseModelsService } from './base-models/base-models.service.js';
import { ClientsController } from './clients/clients.controller.js';
import { ClientsService } from './clients/clients.service.js';
import { EventsController } from './events/events.controller.js';
import { FederationsController } from './federations/federations.controller.js';
import { FederationsService } from './federations/federations.service.js';
import { ProgressService } from './federations/progress.service.js';
import { RoundsController } from './federations/rounds.controller.js';
import { SteeringController } from './federations/steering.controller.js';
import { HealthController } from './health/health.controller.js';
import { Platform } from './platform/platform.js';

@Module({})
export class ApiModule {
  static on(platform: Platform): DynamicModule {
    return {
      module: ApiModule,
      controllers: [
        BaseModelsController,
        ClientsController,
        EventsController,
        FederationsController,
        HealthController,
        RoundsController,
        SteeringController,
      ],
      providers: [
        { provide: Platform, useValue: platform },
        BaseModelsService,
        ClientsService,
        FederationsService,
        ProgressService,
      ],
    };
  }
}
